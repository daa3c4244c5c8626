"""Before the first edit: an agent's questions on a task are asked, kept, and answered by a person in the spec."""

from __future__ import annotations

from pathlib import Path

from podium.conductor.ask_agent import ask_agent
from podium.conductor.casefile import spec_of
from podium.conductor.desk import Desk
from podium.conductor.shop import Shop
from podium.conductor.state import State
from podium.conductor.write_document import write_document
from podium.kernel.errors import NotFoundError, PodiumError, UsageError
from podium.plan.events import QuestionAnswered, QuestionsAsked
from podium.plan.model import Question
from podium.plan.questions import questions_in, questions_prompt
from podium.review.person import require_person
from podium.spec.answers import with_answer
from podium.spec.blob import blob_id


def ask_first(shop: Shop, project: str, spec: str, task: str, agent: str) -> tuple[Question, ...]:
    """Ask an agent for its questions on a task of an approved plan, and record them; none is an answer too.

    Raises PodiumError when the agent does not answer; UsageError when the plan is not approved.
    """
    with shop.desk.reading(project) as state:
        plan, wanted = state.plans.approved(spec), state.plans.task(spec, task)
        document = spec_of(state, spec)
    if plan is None or wanted is None:
        raise UsageError("its plan is not approved", where=spec, do=f"podium plan approve {spec}")
    text = questions_prompt(wanted, document, plan)
    record = ask_agent(shop, project, agent, f"questions.{spec}.{task}", lambda _files: text, spec=spec, task=wanted)
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
