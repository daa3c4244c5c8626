"""The tasks of a plan as a drawing: a column for each depth of dependency, lines from what a task waits for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium.plan.model import Serialised, Task
from podium.render.paint import Tone
from podium.render.safe_text import cut, safe_line

WIDTH, HEIGHT = 208, 46
_GAP_X, _GAP_Y, _EDGE = 56, 12, 10


@dataclass(frozen=True)
class Node:
    """One task."""

    task: str
    title: str
    x: int
    y: int
    tone: Tone
    word: str


@dataclass(frozen=True)
class Link:
    """A line from a task to one that waits for it; `soft` when only because both may touch the same files."""

    path: str
    soft: bool


@dataclass(frozen=True)
class Graph:
    """The whole drawing."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def draw(tasks: Sequence[Task], serialised: Sequence[Serialised], states: Mapping[str, tuple[str, Tone]]) -> Graph:
    """The drawing of a plan; `states` maps a task to its state's word and tone. Cycles are drawn as far as they go."""
    columns: dict[int, list[Task]] = {}
    depth = _depths(tasks)
    for task in tasks:
        columns.setdefault(depth[task.id], []).append(task)
    places: dict[str, tuple[int, int]] = {}
    for column in sorted(columns):
        for row, task in enumerate(_ordered(columns[column], places)):
            places[task.id] = (_EDGE + column * (WIDTH + _GAP_X), _EDGE + row * (HEIGHT + _GAP_Y))
    nodes = tuple(_node(task, places[task.id], states) for task in tasks)
    hard = {(needed, task.id) for task in tasks for needed in task.depends_on if needed in places}
    soft = {(pair.before, pair.after) for pair in serialised if pair.before in places and pair.after in places} - hard
    links = [Link(_curve(places[one], places[other]), soft=False) for one, other in sorted(hard)]
    links += [Link(_curve(places[one], places[other]), soft=True) for one, other in sorted(soft)]
    width = max((x for x, _ in places.values()), default=0) + WIDTH + _EDGE
    height = max((y for _, y in places.values()), default=0) + HEIGHT + _EDGE
    return Graph(width, height, nodes, tuple(links))


def _depths(tasks: Sequence[Task]) -> dict[str, int]:
    """For each task the length of the longest chain of what it depends on; a cycle counts until it bites its tail."""
    needs = {task.id: [needed for needed in task.depends_on if needed != task.id] for task in tasks}
    depth = dict.fromkeys(needs, 0)
    for _ in range(len(needs)):
        moved = False
        for task, needed in needs.items():
            deepest = max((depth[each] + 1 for each in needed if each in depth), default=0)
            if depth[task] < deepest < len(needs):
                depth[task], moved = deepest, True
        if not moved:
            break
    return depth


def _ordered(tasks: Sequence[Task], places: Mapping[str, tuple[int, int]]) -> list[Task]:
    """The tasks of a column, each near the middle of what it depends on, otherwise as in the plan."""

    def middle(task: Task) -> float:
        above = [places[needed][1] for needed in task.depends_on if needed in places]
        return sum(above) / len(above) if above else 0.0

    return sorted(tasks, key=middle)


def _node(task: Task, place: tuple[int, int], states: Mapping[str, tuple[str, Tone]]) -> Node:
    word, tone = states.get(task.id, ("", "plain"))
    return Node(task.id, cut(safe_line(task.title), 26), *place, tone, word)


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1 = start[0] + WIDTH, start[1] + HEIGHT // 2
    x2, y2 = end[0], end[1] + HEIGHT // 2
    if x2 <= start[0]:  # within a column: around the right side
        x2 = end[0] + WIDTH
        return f"M{x1} {y1}C{x1 + 30} {y1} {x2 + 30} {y2} {x2} {y2}"
    bend = max(20, (x2 - x1) // 2)
    return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
