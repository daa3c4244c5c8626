"""The step of a round in which its agent works: start or re-attach, pass on what matters, wait.

The supervisor works whether anybody looks or not. This step carries its low-rate facts (starts, permission requests,
tripwires, the end) to the ledger and a person's answers to its inbox. Done again after a death of the conductor, it
finds in the ledger what it has already carried over, and in the round's directory what it has not.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from podium.agents import event as transcript
from podium.conductor.budgets import account
from podium.conductor.crash import crash_point
from podium.conductor.own_keys import passed_on
from podium.conductor.shop import Shop, in_thread
from podium.conductor.transcripts import bring, is_shared, key
from podium.kernel.errors import PodiumError
from podium.ledger.event import Payload
from podium.runs import events
from podium.runs.model import AwaitingPermission, Ordered, Trip, Wait, Working
from podium.supervisor import inbox
from podium.supervisor.attach import Alive, Died, Ended, NotStarted, last_words, start_lines, start_or_attach, status
from podium.supervisor.files import write_whole
from podium.supervisor.follow import read
from podium.supervisor.order import EVENTS, EXIT, LOG, ExitRecord, Order, read_order
from podium.workspaces.egress.way_out import handed_on

POLL_SECONDS = 0.1
LIVENESS_POLLS = 10  # how many polls between two looks at the supervisor's lock
MOST_VAIN = 5  # starts of a supervisor in a row that did not come as far as to start an agent


async def supervise(shop: Shop, project: str, run: str, number: int) -> None:
    """See the round's agent through to its end. Returns once `AgentEnded` is in the ledger."""
    _, round_ = await in_thread(shop.look, project, run, number)
    if not isinstance(round_.state, Ordered | Working | AwaitingPermission):
        return
    watch = Watch(shop, project, run, number)
    order = await in_thread(read_order, watch.directory)
    await in_thread(start, shop, project, watch.directory, order)
    crash_point(shop.crash_at, "supervisor-started")
    record = await watch.until_end(order)
    if record is not None:
        crash_point(shop.crash_at, "agent-ended")
        await in_thread(watch.carry_end, record)


def start(shop: Shop, project: str, directory: Path, order: Order) -> None:
    """See to it that a supervisor is at work there, and has the keys that its order speaks of.

    It is also told the secrets that the project's env files pass on, to keep them out of its transcript.
    """
    with shop.desk.reading(project) as state:
        passed = passed_on(state.settings, state.project.root)
    variable = order.gateway.key.variable if order.gateway is not None else ""
    secrets = {variable: shop.environ[variable]} if variable in shop.environ else {}
    known = {f"env file: {name}": value for name, value in passed.items()}  # names that no provider's key has
    start_or_attach(
        directory, order, shop.python, nursery=shop.nursery, secrets={**known, **handed_on(shop.environ), **secrets}
    )


class Watch:
    """One round under watch. Not to be shared."""

    def __init__(self, shop: Shop, project: str, run: str, number: int) -> None:
        self._shop = shop
        self._project, self._run, self._number = project, run, number
        self.directory: Path = shop.round_dir(project, run, number)
        self._offset = 0
        self._seen_size = -1
        self._seen_steering = 0
        self._seen_starts = -1
        self._vain = 0

    async def until_end(self, order: Order) -> ExitRecord | None:
        """Wait for the exit record, starting the supervisor again if it died without one.

        None when another worker has taken the round over in the meantime: the agent here is told to stop.
        Raises PodiumError when supervisors die again and again before they can start an agent.
        """
        polls = 0
        while True:
            if self._grown():
                await in_thread(self.carry_events)
            if not await in_thread(self.pass_on):
                return None
            polls += 1
            if polls % LIVENESS_POLLS == 0 or (self.directory / EXIT).exists():
                match await in_thread(status, self.directory):
                    case Ended(record=record):
                        await in_thread(self.carry_events)
                        return record
                    case Died() | NotStarted():
                        await in_thread(self._start_again, order)
                    case Alive():
                        pass
            await asyncio.sleep(POLL_SECONDS)

    def _start_again(self, order: Order) -> None:
        begun = len(start_lines(self.directory))
        self._vain = self._vain + 1 if begun == self._seen_starts else 1
        self._seen_starts = begun
        if self._vain > MOST_VAIN:
            _has_room(self.directory)
            said = last_words(self.directory)
            raise PodiumError(
                f"its supervisor ended {MOST_VAIN} times in a row before it could start the agent"
                + (f": {said}" if said else ""),
                where=str(self.directory),
                do=f"see {self.directory / LOG}; then order the task again: podium run",
            )
        start(self._shop, self._project, self.directory, order)

    def _grown(self) -> bool:
        try:
            size = (self.directory / EVENTS).stat().st_size
        except FileNotFoundError:
            return False
        grown, self._seen_size = size != self._seen_size, size
        return grown

    def carry_events(self) -> None:
        """Take the news of the transcript and the agent's starts to the ledger, and the text where it is shared."""
        if is_shared(self._shop.desk):
            name = key(self._run, self._number, self._shop.worker)
            while bring(self._shop.desk, name, self.directory):
                pass
        entries: list[transcript.Entry] = []
        while True:
            block, offset = read(self.directory, self._offset)
            entries.extend(block)
            if offset == self._offset:
                break
            self._offset = offset
        news = [(entry.n, payload) for entry in entries if (payload := self._payload(entry)) is not None]
        starts = start_lines(self.directory)
        _, round_ = self._shop.look(self._project, self._run, self._number)
        if not news and len(starts) == round_.agent_starts - round_.starts_before_claim:
            return
        with self._shop.desk.change(self._project) as change:
            round_ = change.state.runs.by_id[self._run].rounds[self._number - 1]
            if round_.worker != self._shop.worker:
                return  # taken over by another worker: what this one saw no longer counts
            for start in starts[round_.agent_starts - round_.starts_before_claim :]:
                started = events.AgentStarted(
                    run=self._run, round=self._number, attempt=start.attempt, resumption=start.planned
                )
                change.append(started, actor=self._shop.actor)
            for number, payload in news:
                if number > round_.carried:
                    change.append(payload, actor=self._shop.actor)

    def _payload(self, entry: transcript.Entry) -> Payload | None:
        run, number = self._run, self._number
        match entry.event:
            case transcript.PermissionAsked(request=request):
                return events.PermissionAsked(run=run, round=number, request=request, entry=entry.n)
            case transcript.PermissionAnswered(by=by) as answered if by.startswith("rule:") or answered.lapsed:
                return events.PermissionAnswered(
                    run=run,
                    round=number,
                    request=answered.request,
                    allowed=answered.allowed,
                    rule="lapsed" if answered.lapsed else by,
                    entry=entry.n,
                )
            case transcript.Tripped(name=name, detail=detail):
                trip = Trip(name=name, detail=detail[:500], at=entry.t)
                return events.TripwireTripped(run=run, round=number, trip=trip, entry=entry.n)
            case transcript.Cleared(name=name):
                return events.TripwireCleared(run=run, round=number, name=name, entry=entry.n)
            case transcript.Waiting(on=on, detail=detail, resumes_at=until):
                wait = Wait(on=on, detail=detail[:500], since=entry.t, resumes_at=until)
                return events.WaitBegan(run=run, round=number, wait=wait, entry=entry.n)
            case transcript.WaitOver(on=on):
                return events.WaitEnded(run=run, round=number, on=on, entry=entry.n)
            case _:
                return None

    def pass_on(self) -> bool:
        """Put a person's new answers and orders into the supervisor's inbox, each named by its ledger record.

        False when the round belongs to another worker now.
        """
        with self._shop.desk.reading(self._project) as state:
            if state.runs.by_id[self._run].rounds[self._number - 1].worker != self._shop.worker:
                inbox.post(self.directory, inbox.Stop(by="podium"), id="taken-over")
                return False
            steering = state.runs.steering.get((self._run, self._number), [])[self._seen_steering :]
        for seq, order in steering:
            message = _message(order, self._project)
            if message is not None:
                inbox.post(self.directory, message, id=f"ledger-{seq:012d}")
            self._seen_steering += 1
        return True

    def carry_end(self, record: ExitRecord) -> None:
        """Write how the agent ended."""
        with self._shop.desk.change(self._project) as change:
            round_ = change.state.runs.by_id[self._run].rounds[self._number - 1]
            if not isinstance(round_.state, Ordered | Working | AwaitingPermission):
                return
            ended = events.AgentEnded(
                run=self._run,
                round=self._number,
                attempt=record.attempt,
                outcome=record.outcome,
                stop_reason=record.stop_reason,
                session=record.session,
                transcript=record.transcript,
                events=record.events,
                usage=record.usage,
                seconds=record.seconds,
                claim=record.claim[:20_000],
                error=(record.error or record.breach)[:4_000],
                resumption=record.resumption,
            )
            change.append(ended, actor=self._shop.actor)


def _has_room(directory: Path) -> None:
    """Raise OSError where nothing can be written: then a supervisor cannot begin either, and it is waited for room."""
    probe = directory / ".room"
    try:
        write_whole(probe, bytes(65536))
    finally:
        probe.unlink(missing_ok=True)


def _message(
    order: events.Steered | events.PermissionAnswered | events.BudgetSet, project: str
) -> inbox.InboxMessage | None:
    match order:
        case events.BudgetSet(scope=scope, key=key, usd=usd, by=by):
            return inbox.Budget(account=account(project, scope, key), usd=usd, by=by)
        case events.PermissionAnswered(rule=""):
            return inbox.Answer(request=order.request, allow=order.allowed, by="person")
        case events.PermissionAnswered():
            return None  # the supervisor answered this one by itself
        case events.Steered(what="stop"):
            return inbox.Stop(by="person")
        case events.Steered(what="pause"):
            return inbox.Pause(by="person")
        case events.Steered(what="resume"):
            return inbox.Resume(by="person")
        case events.Steered(text=text):
            return inbox.Say(text=text, by="person")
