"""`podium ledger`: the record of every decision and fact."""

from __future__ import annotations

from podium.cli.group import LazyGroup

_HELP = """Verify or export the record of every decision.

The ledger is append-only: each record carries the hash of the one before it, so that a change to any of them shows.
"""

command = LazyGroup(
    "ledger", key="ledger", help=_HELP, examples=("podium ledger verify", "podium ledger export > ledger.jsonl")
)
