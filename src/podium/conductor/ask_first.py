"""Before the first edit: an agent's questions on a task are asked, kept, and answered by a person in the spec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from podium.conductor.before_start import agent_to_ask, is_to_ask, unanswered, unasked
from podium.conductor.casefile import spec_of
from podium.conductor.desk import Desk
from podium.conductor.onlooker import NOBODY, GivenUpError, Onlooker
from podium.conductor.shop import Shop
from podium.conductor.state import State
from podium.conductor.write_document import write_document
from podium.kernel.errors import NotFoundError, PodiumError, UsageError
from podium.plan.events import QuestionAnswered, QuestionsAsked
from podium.plan.model import Question
from podium.plan.questions import questions_in, questions_prompt
from podium.project.model import Settings
from podium.review.person import require_person
from podium.spec.answers import with_answer
from podium.spec.blob import blob_id


def ask_before_start(
    desk: Desk,
    open_shop: Callable[[], Shop],
    project: str,
    spec: str,
    tasks: tuple[str, ...],
    agents: tuple[str, ...],
    *,
    settings: Settings,
    wish: bool | None,
    begin: Callable[[str], None],
    tell: Callable[[str], None],
    onlooker: Onlooker = NOBODY,
) -> list[Question]:
    """Ask about each task that has not begun and was not asked about, where that is wanted; what waits for an answer.

    `wish` is what the person said (False: nobody is asked, and nothing waits), else the settings decide, and an agent
    that does not answer is passed over. `begin` hears who is asked now, `tell` what came of it. Raises GivenUpError,
    and with a wish PodiumError when an agent does not answer.
    """
    if wish is False:
        return []
    with desk.reading(project) as state:
        todo = unasked(state, spec, tasks) if wish or is_to_ask(state, spec, settings.ask_first) else []
    for task in todo:
        agent = agent_to_ask(settings, task, agents)
        begin(f"{agent} reads {spec}/{task.id} and asks what it does not know; this may take some minutes")
        try:
            found = ask_first(open_shop(), project, spec, task.id, agent, onlooker)
        except GivenUpError:
            raise
        except PodiumError as error:
            if wish:
                raise
            tell(f"{agent} could not be asked first: {error.what}")
        else:
            if not found:
                tell(f"{agent} has no question about {spec}/{task.id}")
    with desk.reading(project) as state:
        return unanswered(state, spec, tasks)


def ask_first(
    shop: Shop, project: str, spec: str, task: str, agent: str, onlooker: Onlooker = NOBODY
) -> tuple[Question, ...]:
    """Ask an agent for its questions on a task of an approved plan, and record them; none is an answer too.

    Raises PodiumError when the agent does not answer; UsageError when the plan is not approved.
    """
    from podium.conductor.ask_agent import ask_agent  # here: most orders ask nobody, and this takes a while to import

    with shop.desk.reading(project) as state:
        plan, wanted = state.plans.approved(spec), state.plans.task(spec, task)
        document = spec_of(state, spec)
    if plan is None or wanted is None:
        raise UsageError("its plan is not approved", where=spec, do=f"podium plan approve {spec}")
    text = questions_prompt(wanted, document, plan)
    what = f"questions.{spec}.{task}"
    record = ask_agent(shop, project, agent, what, lambda _files: text, spec=spec, task=wanted, onlooker=onlooker)
    if record.outcome != "completed":
        why = record.error or record.stop_reason
        raise PodiumError(f"the agent {record.outcome} instead of asking: {why}", where=agent)
    with shop.desk.change(project) as change:
        found = questions_in(record.claim, wanted, agent, known=change.state.plans.questions(spec))
        change.append(QuestionsAsked(spec=spec, task=task, agent=agent, questions=found), actor=shop.actor)
    return found


def answer_question(
    desk: Desk, project: str, spec: str, number: str, text: str, *, root: Path, path: Path, actor: str
) -> Question:
    """Write the answer into the spec (`path` below `root`), and record it; an empty one waves the question aside.

    The spec is another one then: its plan has to be approved again before anything is run. Raises NotFoundError for an
    unknown question, UsageError for one that is answered already or cannot be written into the spec.
    """
    by = require_person(actor, "answer")
    question = open_question(desk.look(project), spec, number)
    if text.strip():
        place = root / path
        try:
            before = place.read_bytes()
        except OSError as error:
            raise UsageError(f"the spec cannot be read: {error.strerror}", where=str(path)) from error
        changed = with_answer(before.decode("utf-8", "surrogateescape"), str(path), question.clause, text)
        write_document(root, path, changed, seen=blob_id(before))
    with desk.change(project) as change:
        change.append(QuestionAnswered(spec=spec, question=question.id, text=text.strip(), by=by), actor=actor)
    return question


def open_question(state: State, spec: str, number: str) -> Question:
    """The question that waits. Raises NotFoundError for an unknown number, UsageError when it was answered."""
    known = {each.id: each for each in state.plans.questions(spec)}
    found = known.get(number.upper())
    if found is None:
        waiting = ", ".join(each.id for each in known.values() if each.open)
        raise NotFoundError(f"there is no question {number}", where=spec, do=f"Open: {waiting or 'none'}")
    if not found.open:
        raise UsageError(f"{found.answered_by} has answered it already", where=f"{spec} {found.id}")
    return found
