"""`podium ledger`: the record of every decision and fact."""

from __future__ import annotations

from podium.cli.group import LazyGroup

command = LazyGroup(
    "ledger",
    key="ledger",
    help="Verify or export the record of every decision.\n\nThe ledger is append-only: each record carries the hash of "
    "the one before it, so that a change to any of them shows.",
    examples=("podium ledger verify", "podium ledger export > ledger.jsonl"),
)
