"""What the set-up of a candidate's own dependencies tried to reach, and was refused.

A candidate that leaves the lockfiles alone stands on a layer that was built on what landed. One that changes them has
its own set-up run, code that nobody has read yet, before anything of it is tested: what that asks for is as telling as
what the agent itself asked for.
"""

from __future__ import annotations

import contextlib
from typing import Final

from podium.checks.bench import Bench
from podium.checks.kind import Answer, GatherOrder, Job
from podium.conductor.ground import Ground
from podium.conductor.shop import in_thread
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Fails, Holds, Item
from podium.kernel.errors import PodiumError
from podium.project.globs import matcher

NAME: Final = "what its set-up asked for"
_RULE: Final = "set-up-refused"


class SetupReach:
    """The kind of evidence that tells it, for one candidate on its base."""

    name = "security"

    def __init__(self, ground: Ground, base: str, commit: str) -> None:
        self._ground = ground
        self._base = base
        self._commit = commit

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        """One job, where a set-up with a network runs on the candidate itself."""
        del order  # it is the commit that counts
        if not self._ground.sets_up_itself(self._commit):
            return ()
        return (Job(kind=self.name, name=NAME, work=self._look),)

    async def _look(self, bench: Bench) -> Answer:
        found = Findings()
        locked = matcher(self._ground.lockfiles(self._commit))
        path = next((each.path for each in bench.order.changes if locked(each.path)), "")
        for line in await in_thread(self._refused):
            found.add(_RULE, "error", f"the candidate's set-up was refused {line}", path=path, text=line)
        if not found.count:
            return Answer(outcome=Holds(), tool="podium")
        times = "one request" if found.count == 1 else f"{found.count} requests"
        return Answer(outcome=Fails(why=f"its set-up was refused {times}"), findings=found.all(), tool="podium")

    def _refused(self) -> list[str]:
        """The refusals that the set-up of the base did not have too."""
        with contextlib.suppress(PodiumError):  # a set-up that fails is told by all that needs it
            self._ground.layer(self._commit)
        before = self._ground.setup_facts(self._base).refused
        return [line for line in self._ground.setup_facts(self._commit).refused if line not in before]


def trip_of(item: Item) -> str:
    """What such an item trips; empty where it trips nothing."""
    if item.name != NAME or not isinstance(item.outcome, Fails):
        return ""
    return "; ".join(each.message for each in item.findings[:5] if each.rule == _RULE)
