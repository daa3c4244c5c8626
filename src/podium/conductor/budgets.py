"""What models may cost: which limits a round has, how much of them is spent, and setting one anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from podium.conductor.desk import Desk
from podium.conductor.home import Home
from podium.conductor.state import State
from podium.kernel.errors import PodiumError, UsageError
from podium.plan.model import Task
from podium.project.model import Settings
from podium.review.person import require_person
from podium.runs.events import BudgetSet
from podium.runs.model import Round, Run
from podium.supervisor.order import BudgetOrder
from podium.workspaces.gateway.book import Book, Cap

SCOPES = ("round", "task", "spec", "day")


@dataclass(frozen=True)
class Spent:
    """One limit and how far it is used."""

    scope: str
    key: str  # run.round, spec/task, spec, or the day
    limit: float  # US dollars; 0 = none
    usd: float
    unpriced: int  # requests whose price is not known: what they cost is an estimate in `usd`


def account(project: str, scope: str, key: str) -> str:
    """What requests are entered to in the book."""
    return f"day:{key}" if scope == "day" else f"{scope}:{project}:{key}"


def budget_order(home: Home, state: State, run: Run, round_: Round, task: Task | None) -> BudgetOrder:
    """The limits of a round, for its supervisor."""
    return _order(home, state, _keys(run, round_), task)


def asking_budget(home: Home, state: State, spec: str, task: Task | None, today: date) -> BudgetOrder:
    """The limits of asking an agent something before there is a run: those of the spec, the task and the day.

    Raises PodiumError when one of them is spent: nobody would see that it waits.
    """
    order = _order(home, state, {"spec": spec, **({"task": f"{spec}/{task.id}"} if task else {})}, task)
    book = Book(home.spending)
    try:
        for cap in order.caps:
            own = Cap(scope=cap.scope, account=cap.account.replace("{day}", today.isoformat()), usd=cap.usd)
            usd, spent = book.cap(own), book.spent(own.account)
            if (usd or book.is_set(own.account)) and spent >= usd:
                what = f"the budget of the {cap.scope} is spent: ${spent:.2f} of ${usd:.2f}"
                raise PodiumError(what, do="podium budget   shows it, and sets it anew")
    finally:
        book.close()
    return order


def _order(home: Home, state: State, keys: dict[str, str], task: Task | None) -> BudgetOrder:
    caps = [
        Cap(scope=scope, account=account(state.id, scope, key), usd=limit(state, state.settings, scope, key, task))
        for scope, key in keys.items()
    ]
    caps.append(Cap(scope="day", account="day:{day}", usd=state.settings.budget.day))
    days = {key: usd for (scope, key), usd in state.runs.budgets.items() if scope == "day"}
    if days:
        book = Book(home.spending)
        try:
            for day, usd in days.items():
                book.raise_cap(f"day:{day}", usd)
        finally:
            book.close()
    return BudgetOrder(book=str(home.spending), caps=tuple(caps))


def limit(state: State, settings: Settings, scope: str, key: str, task: Task | None = None) -> float:
    """A limit as it stands: a person's word, else the plan's for its task, else podium.toml's. 0 = none."""
    said = state.runs.budgets.get((scope, key))
    if said is not None:
        return said
    if scope == "task" and task is not None and task.usd:
        return task.usd
    return float(getattr(settings.budget, scope))


def set_budget(desk: Desk, project: str, scope: str, key: str, usd: float, *, actor: str) -> None:
    """Set a limit from now on; rounds that wait for it go on. Raises UsageError for what is no limit."""
    by = require_person(actor, "budget")
    if scope not in SCOPES or not 0 < usd < 1e6:
        raise UsageError("this is no limit", where=f"{scope} {usd:g}", do="Give a number of US dollars above 0.")
    with desk.change(project) as change:
        change.append(BudgetSet(scope=scope, key=key, usd=usd, by=by), actor=actor)  # pyright: ignore[reportArgumentType]


def spending(home: Home, state: State, today: date) -> list[Spent]:
    """The day, then every spec, task and live round that has a limit or has spent anything."""
    wanted: list[tuple[str, str, Task | None]] = [("day", today.isoformat(), None)]
    for plan in state.plans.all():
        wanted.append(("spec", plan.spec, None))
        wanted += [("task", f"{plan.spec}/{task.id}", task) for task in plan.tasks]
    wanted += [("round", f"{run.id}.{round_.number}", None) for run, round_ in state.runs.active()]
    book = Book(home.spending) if home.spending.exists() else None
    try:
        found: list[Spent] = []
        for scope, key, task in wanted:
            name = account(state.id, scope, key)
            usd, unpriced = (book.spent(name), book.unpriced(name)) if book else (0.0, 0)
            found.append(Spent(scope, key, limit(state, state.settings, scope, key, task), usd, unpriced))
    finally:
        if book is not None:
            book.close()
    return [each for each in found if each.scope == "day" or each.limit or each.usd or each.unpriced]


def _keys(run: Run, round_: Round) -> dict[str, str]:
    return {"round": f"{run.id}.{round_.number}", "task": f"{run.spec}/{run.task}", "spec": run.spec}
