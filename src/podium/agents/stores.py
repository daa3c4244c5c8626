"""Where agents keep their conversations: what of a HOME must be kept so that a session can be resumed. Pure data.

Only conversations are named: no sign-in, no settings, no logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

STORES: Final[dict[str, tuple[str, ...]]] = {
    "claude": (".claude/projects",),
    "codex": (".codex/sessions",),
    "gemini": (".gemini/projects.json", ".gemini/tmp"),
    "opencode": (
        ".local/share/opencode/opencode.db",
        ".local/share/opencode/opencode.db-wal",
        ".local/share/opencode/storage",
    ),
    "qwen": (".qwen/projects",),
    "copilot": (".copilot/session-state",),
    "podium-scripted-agent": (".podium-scripted",),
}
"""By the name of the program: files and directories below HOME."""

_SAME: Final = {"claude-agent-acp": "claude", "codex-acp": "codex"}


def stores_of(driver: str, command: Sequence[str]) -> tuple[str, ...]:
    """The paths below HOME that hold an agent's sessions; none when Podium does not know its program."""
    for word in (driver, *command):
        base = word.rpartition("/")[2]
        if found := STORES.get(_SAME.get(base, base)):
            return found
    return ()
