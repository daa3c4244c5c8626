"""What a good reviewer would decide in the demo, and why. With --yes it is done, else shown when asked for."""

from __future__ import annotations

from typing import Literal

from podium.kernel.value import Value

VerdictName = Literal["accept", "refine", "reject"]


class Advice(Value, frozen=True, kw_only=True):
    """The decision that fits one round. `caught` are kinds of evidence, or clauses, that must not hold."""

    verdict: VerdictName
    why: str
    words: str = ""  # the point of a refine, the reason of a reject
    caught: tuple[str, ...] = ()


ADVICE: dict[tuple[str, int], Advice] = {
    ("T1", 1): Advice(
        verdict="accept",
        why="Both clauses hold, no test was touched that was there before, the new tests fail without the change, and "
        "the diff is what the clauses ask for and no more.",
    ),
    ("T2", 1): Advice(
        verdict="refine",
        why="The agent says that E2 is done. Podium ran the clause's own check, and it fails: a call exactly at the "
        "end of the window is refused, because `>` should be `>=`. The agent's own test stepped around it (10.5). "
        "Nearly right is worth a second round: one point, and the same session goes on.",
        words="E2 fails: a call exactly `seconds` after the oldest one is refused. Hold the boundary in a test too.",
        caught=("E2",),
    ),
    ("T2", 2): Advice(
        verdict="accept",
        why="E2 holds now: the point is met by evidence, not by a promise. And a test holds the boundary from now on.",
    ),
    ("T3", 1): Advice(
        verdict="reject",
        why="The check of B3 holds and the tests are green, but look at how: the change breaks a promise (more than "
        "the burst is refused, and costs nothing), and the agent took the tests away that said so. It also changed "
        "pyproject.toml, which is none of its business. Green by weaker tests is not green.",
        words="it weakens two tests to hide what it breaks, and changes pyproject.toml",
        caught=("weakened-tests", "scope"),
    ),
    ("T4", 1): Advice(
        verdict="accept",
        why="Its clauses hold, and it uses what T1 put on the target branch: it was started only when that had landed.",
    ),
}

TOLD: dict[str, tuple[str, int]] = {
    "T1": ("landed", 1),
    "T2": ("landed", 2),
    "T3": ("rejected", 1),
    "T4": ("landed", 1),
}
"""The state and the number of rounds in which each task ends when all goes as told."""
