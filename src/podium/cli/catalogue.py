"""Every verb of the command line: where it lives, in which part of the flow it belongs, what it does in a few words.

`podium --help` is printed from this table alone, so that it never loads a verb. A test holds it against the verbs.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One verb: `module` under podium.cli holds a click command named `command`."""

    module: str
    short: str
    section: str = ""
    hidden: bool = False


SECTIONS = ("Set up", "Intend", "Run", "Review", "Land", "Record")

VERBS: dict[str, Entry] = {
    "completion": Entry("completion", "Print the script that completes names in your shell.", "Set up"),
    "log": Entry("log", "Tell what happened, newest last.", "Record"),
    "ledger": Entry("ledger", "Verify or export the record of every decision.", "Record"),
}

SUBVERBS: dict[str, dict[str, Entry]] = {
    "ledger": {
        "verify": Entry("ledger_verify", "Find any changed, removed or reordered record."),
        "export": Entry("ledger_export", "Print every record as JSON lines."),
    },
}


def entries(group: str) -> dict[str, Entry]:
    """The verbs of the program (`group` empty) or of one of its groups."""
    return SUBVERBS[group] if group else VERBS
