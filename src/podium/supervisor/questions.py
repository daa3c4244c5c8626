"""Permission requests of one attempt: answered by rule, by a person through the inbox, or not at all; never by time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from podium.agents import permissions
from podium.agents.driver import PermissionChoice
from podium.agents.event import Event, PermissionAnswered, PermissionAsked
from podium.kernel.clock import Clock, stamp
from podium.project.model import PermissionRule
from podium.supervisor.inbox import Answer


class Questions:
    """The open questions of one attempt. `record` writes an event."""

    def __init__(
        self,
        *,
        attempt: int,
        rules: tuple[PermissionRule, ...],
        workdir: str,
        clock: Clock,
        record: Callable[[Event], None],
    ) -> None:
        self._attempt = attempt
        self._rules = rules
        self._workdir = workdir
        self._clock = clock
        self._record = record
        self._asked = 0
        self._open: dict[str, tuple[PermissionAsked, asyncio.Future[PermissionChoice]]] = {}

    async def ask(self, question: PermissionAsked) -> PermissionChoice:
        """Wait for the answer; without an option when the question lapsed."""
        self._asked += 1
        identity = f"{self._attempt}.{self._asked}"
        request = msgspec.structs.replace(question.request, id=identity, asked_at=stamp(self._clock.now()))
        asked = msgspec.structs.replace(question, request=request)
        self._record(asked)
        wish = permissions.Asked(kind=request.kind, paths=asked.paths, command=asked.command)
        ruled = permissions.answer(wish, self._rules, self._workdir)
        if ruled is not None:
            return self._settle(asked, _option(asked, allow=ruled.action == "allow"), by=f"rule:{ruled.rule}")
        waiting: asyncio.Future[PermissionChoice] = asyncio.get_running_loop().create_future()
        self._open[identity] = (asked, waiting)
        try:
            return await waiting
        finally:
            self._open.pop(identity, None)

    def answer(self, message: Answer) -> bool:
        """A person's answer; False when no such question is open (any more)."""
        asked, waiting = self._open.pop(message.request, (None, None))
        if asked is None or waiting is None or waiting.done():
            return False
        option = message.option if message.option in asked.kinds else _option(asked, allow=message.allow)
        waiting.set_result(self._settle(asked, option, by=message.by or "person"))
        return True

    def lapse(self) -> None:
        """Nobody waits for the answers any more: the turn is being cancelled, or the agent is gone."""
        for asked, waiting in list(self._open.values()):
            if not waiting.done():
                self._record(lapsed(asked.request.id))
                waiting.set_result(PermissionChoice())
        self._open.clear()

    def _settle(self, asked: PermissionAsked, option: str, *, by: str) -> PermissionChoice:
        allowed = asked.kinds.get(option, "").startswith("allow")
        self._record(PermissionAnswered(request=asked.request.id, allowed=allowed, by=by, option=option))
        return PermissionChoice(option=option)


def lapsed(request: str) -> PermissionAnswered:
    """The answer to a question that nobody will answer: it was not allowed."""
    return PermissionAnswered(request=request, allowed=False, by="podium", lapsed=True)


def _option(asked: PermissionAsked, *, allow: bool) -> str:
    """The agent's option for this answer, "once" rather than "always"; empty when it offers none."""
    wanted = ("allow_once", "allow_always") if allow else ("reject_once", "reject_always")
    for kind in wanted:
        for option, its_kind in asked.kinds.items():
            if its_kind == kind:
                return option
    return ""
