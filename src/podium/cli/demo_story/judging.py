"""The reviewer's part of the demo: read a candidate, decide on it. By a person, or with --yes as the story says."""

from __future__ import annotations

from dataclasses import dataclass

from podium.cli.case import open_own_mirror, read_case
from podium.cli.demo_story.advice import ADVICE, Advice, VerdictName
from podium.cli.demo_story.place import SPEC
from podium.cli.demo_story.stage import Stage
from podium.conductor.board import board
from podium.evidence.model import Holds
from podium.kernel.errors import PodiumError
from podium.landing.model import InReview
from podium.review.case import Case

_SHOWN = 8  # characters of a hunk's id
_MENU = "o open the review   a accept   r send back   x reject   c close a point   ? advice   q quit"


@dataclass(frozen=True)
class Judging:
    """Decides on what waits for a person."""

    stage: Stage
    yes: bool

    def waiting(self) -> list[str]:
        """The tasks that wait for a person, in the order of the plan."""
        context = self.stage.context()
        try:
            rows = board(context.desk.look(context.project.id))
            return [row.task.id for row in rows if isinstance(row.state, InReview)]
        finally:
            context.close()

    def judge(self, task: str) -> None:
        """Take a task to a verdict. Raises PodiumError when it is not as the story says, KeyboardInterrupt to stop."""
        case = self._case(task)
        advice = ADVICE.get((task, case.round))
        again = f", round {case.round}" if case.round > 1 else ""
        self.stage.act(f"Review of {task}{again}: {case.task.title}")
        if not self.yes:
            self._ask(task, advice)
            return
        if advice is None:
            raise PodiumError(f"the story knows no round {case.round} of {task}", where="podium demo")
        self._follow(case, advice)

    # --- as the story says --------------------------------------------------------------------------------------------

    def _follow(self, case: Case, advice: Advice) -> None:
        task = case.task.id
        self.stage.podium("review", task, "--print")
        _check(case, advice)
        self.stage.tell(f"What to do? {advice.why}")
        if advice.verdict == "accept":
            hunks = [hunk.id[:_SHOWN] for hunk in case.hunks]
            self.stage.podium("review", task, "--mark", "seen", *hunks)
        self._decide(task, advice.verdict, advice.words)

    def _decide(self, task: str, verdict: VerdictName, words: str) -> None:
        match verdict:
            case "accept":
                code = self.stage.podium("accept", task)
            case "refine":
                code = self.stage.podium("refine", task, "-m", words)
            case "reject":
                code = self.stage.podium("reject", task, "--reason", words)
        if code != 0 and self.yes:
            raise PodiumError(f"podium {verdict} {task} ended with {code}", where="podium demo")

    # --- by a person --------------------------------------------------------------------------------------------------

    def _ask(self, task: str, advice: Advice | None) -> None:
        output = self.stage.output
        self.stage.tell(
            "Read it page by page (space goes on and marks what you have read); the last page asks for your verdict."
        )
        while task in self.waiting():
            self.stage.line()
            self.stage.line(output.paint(_MENU, "quiet"))
            self._answer(task, self.stage.ask(task, "o").lower()[:1], advice)

    def _answer(self, task: str, answer: str, advice: Advice | None) -> None:
        match answer:
            case "o":
                self.stage.podium("review", task)
            case "a":
                self._decide(task, "accept", "")
            case "r":
                default = advice.words if advice and advice.verdict == "refine" else ""
                self._decide(task, "refine", self.stage.ask("What is to change", default))
            case "x":
                default = advice.words if advice and advice.verdict == "reject" else ""
                self._decide(task, "reject", self.stage.ask("Why", default))
            case "c":
                point = self.stage.ask("Which point", "P1")
                self.stage.podium("review", task, "--close", f"{point}={self.stage.ask('Why is it met', 'I looked')}")
            case "q":
                raise KeyboardInterrupt
            case "?":
                self.stage.tell(_explained(advice))
            case _:
                self.stage.tell("That is none of the answers.")

    def _case(self, task: str) -> Case:
        context = self.stage.context()
        try:
            state = context.desk.look(context.project.id)
            run = [run for run in state.runs.of_task(SPEC, task) if not run.archived][-1]
            with open_own_mirror(context) as mirror:
                return read_case(context, mirror, run)
        finally:
            context.close()


def _explained(advice: Advice | None) -> str:
    if advice is None:
        return "The story does not know this round: it is your call."
    return f"A good reviewer would {advice.verdict} it. {advice.why}"


def _check(case: Case, advice: Advice) -> None:
    """The evidence must say what the story says, or the story is not true."""
    for expected in advice.caught:
        found = [item for item in case.own_items if expected in (item.kind, item.clause)]
        if not found or any(isinstance(item.outcome, Holds) for item in found):
            raise PodiumError(f"the evidence did not catch {expected} in {case.name}", where="podium demo")
    if advice.verdict == "accept":
        failing = [item.name for item in case.own_items if item.required and not isinstance(item.outcome, Holds)]
        if failing:
            raise PodiumError(f"{', '.join(failing)} should hold in {case.name}", where="podium demo")
