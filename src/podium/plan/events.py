"""What can happen to a plan."""

from __future__ import annotations

from podium.ledger.event import Payload
from podium.plan.model import ApprovedPlan, Question


class PlanApproved(Payload, frozen=True, kw_only=True, tag="plan.approved"):
    """A named person approved exactly this plan for exactly this spec; it replaces an earlier approval."""

    plan: ApprovedPlan
    warnings: tuple[str, ...] = ()  # what the person was shown and approved all the same

    @property
    def subject(self) -> str:
        return f"plan:{self.plan.spec}"


class PlanWithdrawn(Payload, frozen=True, kw_only=True, tag="plan.withdrawn"):
    """An approval no longer counts. What is running goes on; nothing new starts."""

    spec: str
    reason: str

    @property
    def subject(self) -> str:
        return f"plan:{self.spec}"


class DispatchOrdered(Payload, frozen=True, kw_only=True, tag="plan.dispatch-ordered"):
    """A person ordered tasks to be given to agents as soon as each is ready."""

    spec: str
    by: str
    tasks: tuple[str, ...] = ()  # empty = all tasks of the plan
    agents: tuple[str, ...] = ()  # these instead of the plan's; empty = as the plan says
    why: str = ""  # why this agent, where the track record decided
    seed: str = ""  # of that choice: with the ledger as it was, anybody can make it again

    @property
    def subject(self) -> str:
        return f"plan:{self.spec}"


class QuestionsAsked(Payload, frozen=True, kw_only=True, tag="plan.questions-asked"):
    """An agent that was asked for its questions before it begins gave these; none is an answer too."""

    spec: str
    task: str
    agent: str
    questions: tuple[Question, ...] = ()

    @property
    def subject(self) -> str:
        return f"plan:{self.spec}"


class QuestionAnswered(Payload, frozen=True, kw_only=True, tag="plan.question-answered"):
    """A person answered a question; with `text` in the spec, or waved it aside with an empty one."""

    spec: str
    question: str
    text: str
    by: str

    @property
    def subject(self) -> str:
        return f"plan:{self.spec}"


class DispatchHalted(Payload, frozen=True, kw_only=True, tag="plan.dispatch-halted"):
    """A person stopped further dispatch. What is running goes on."""

    spec: str
    by: str

    @property
    def subject(self) -> str:
        return f"plan:{self.spec}"
