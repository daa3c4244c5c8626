"""`podium spec`: write down what is wanted."""

from __future__ import annotations

from podium.cli.group import LazyGroup

_HELP = """Write down what is wanted, clause by clause.

A spec is a Markdown file in your repository: the intent, numbered behaviour (B1), edge cases (E1), what done means
(D1), what is out of scope, and the files that may change. A clause may carry a check: a command that exits 0 when it
holds.
"""

command = LazyGroup(
    "spec", key="spec", help=_HELP, examples=("podium spec new rate-limit", "podium spec lint rate-limit")
)
