"""What is settled before tasks are given to agents: whether these are asked first, and what they asked is answered."""

from __future__ import annotations

from podium.conductor.state import State
from podium.conductor.track_record import risk_of
from podium.plan.model import Question, Task
from podium.project.agents import AUTO
from podium.project.model import AskFirst, Settings
from podium.project.settings import require_agent


def is_to_ask(state: State, spec: str, setting: AskFirst) -> bool:
    """Whether agents are asked for their questions before they begin with this spec, as podium.toml says."""
    return setting == "always" or (setting == "high-risk" and risk_of(state, spec) == "high")


def unasked(state: State, spec: str, tasks: tuple[str, ...]) -> list[Task]:
    """The tasks (of all, when none is named) that have not begun and that no agent was asked about."""
    plan = state.plans.approved(spec)
    if plan is None:
        return []
    wanted = [task for task in plan.tasks if not tasks or task.id in tasks]
    return [
        task for task in wanted if not state.plans.was_asked(spec, task.id) and not state.runs.of_task(spec, task.id)
    ]


def unanswered(state: State, spec: str, tasks: tuple[str, ...]) -> list[Question]:
    """The questions about these tasks (about all, when none is named) that wait for an answer."""
    return [each for each in state.plans.questions(spec) if each.open and (not tasks or each.task in tasks)]


def how_many(questions: list[Question]) -> str:
    """That they wait, in words."""
    many = len(questions)
    return "a question waits for your answer" if many == 1 else f"{many} questions wait for your answer"


def agent_to_ask(settings: Settings, task: Task, agents: tuple[str, ...]) -> str:
    """The agent that is asked about a task: of those ordered the first, else of the plan's, else the default one.

    Raises UsageError when there is none.
    """
    named = [each for each in (*agents, *task.agents) if each != AUTO]
    return named[0] if named else require_agent(settings, tuple(agent.name for agent in settings.agents))
