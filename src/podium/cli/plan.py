"""`podium plan`: cut a spec into tasks."""

from __future__ import annotations

from podium.cli.group import LazyGroup

_HELP = """Cut a spec into tasks that can be reviewed one by one.

A plan is a TOML file beside its spec: each task names the clauses it serves, the files it may change, what it depends
on and how large it may become. Nothing runs before a person has approved exactly this plan for exactly this spec.
"""

command = LazyGroup(
    "plan", key="plan", help=_HELP, examples=("podium plan draft rate-limit", "podium plan approve rate-limit")
)
