"""A plan: the tasks of a spec and what each depends on."""

from __future__ import annotations

from podium.kernel.value import Value


class Task(Value, frozen=True, kw_only=True):
    """One reviewable slice of a spec."""

    id: str  # T1, T2 ...
    title: str
    clauses: tuple[str, ...]
    scope: tuple[str, ...]  # globs
    depends_on: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()  # several = they race; empty = the project's default agent
    budget: int = 400  # changed lines
    usd: float = 0.0  # what its models may cost; 0 = as podium.toml says
    instructions: str = ""
    line: int = 0  # where the task begins in the plan's file; 0 = unknown


class Question(Value, frozen=True, kw_only=True):
    """What an agent wants to know about a clause before it begins. Its words are the agent's."""

    id: str  # Q1, Q2 ... within its spec
    task: str
    clause: str
    text: str
    agent: str
    asked_at: str = ""
    answer: str = ""
    answered_by: str = ""

    @property
    def open(self) -> bool:
        """Whether it waits for a person."""
        return not self.answered_by


class Serialised(Value, frozen=True, kw_only=True):
    """Two tasks whose scopes overlap: `after` waits until `before` is settled."""

    before: str
    after: str
    overlap: tuple[str, ...]  # the globs or files that both may touch


class Plan(Value, frozen=True, kw_only=True):
    """The tasks of one spec, as parsed from `specs/NAME.plan.toml`."""

    spec: str
    tasks: tuple[Task, ...]
    text: str
    blob: str  # git blob id (sha1) of the document's bytes
    path: str = ""  # as it was given when the document was read, for messages


class ApprovedPlan(Value, frozen=True, kw_only=True):
    """A plan that a named person approved, bound to the exact spec and plan."""

    spec: str
    spec_blob: str
    plan_blob: str
    tasks: tuple[Task, ...]
    serialised: tuple[Serialised, ...]
    approved_by: str
    approved_at: str
