"""What the environment says of the terminal: how to draw on it, before anything was printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TerminalFacts:
    """`color` where it is asked for or forbidden (None: as the stream is), `moving` whether lines may be drawn anew
    without being asked for, `dumb` whether none can be."""

    color: bool | None = None
    moving: bool = True
    dumb: bool = False
    unicode: bool = True


def terminal_facts(environ: Mapping[str, str], *, no_color: bool) -> TerminalFacts:
    """Reads NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM, CI and the locale. Forbidding colour wins."""
    dumb = environ.get("TERM", "") in ("", "dumb")
    forced = any(environ.get(name, "0") not in ("", "0", "false") for name in ("FORCE_COLOR", "CLICOLOR_FORCE"))
    forbidden = no_color or bool(environ.get("NO_COLOR")) or environ.get("FORCE_COLOR") in ("0", "false")
    unwanted = dumb or environ.get("CLICOLOR") == "0"
    color = False if forbidden else True if forced else False if unwanted else None
    in_ci = environ.get("CI", "") not in ("", "0", "false")  # its log keeps every drawing of a table below the last
    return TerminalFacts(color=color, moving=not dumb and not in_ci, dumb=dumb, unicode=_is_unicode(environ))


def _is_unicode(environ: Mapping[str, str]) -> bool:
    """Whether the locale says so. Python prints UTF-8 in the locale C as well; a terminal there may not show it."""
    if environ.get("PYTHONUTF8") == "1" or environ.get("PYTHONIOENCODING"):
        return True  # the person has spoken; what the stream's encoding is then counts
    locale = next((found for name in ("LC_ALL", "LC_CTYPE", "LANG") if (found := environ.get(name))), "")
    return locale not in ("C", "POSIX")
