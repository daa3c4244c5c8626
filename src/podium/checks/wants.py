"""What a failing run of tests asked for that no sandbox has, by what is printed then, and what to do about it. Pure."""

from __future__ import annotations

import re

from podium.evidence.model import Execution

_WANTS = (
    (
        "display",
        re.compile(
            r"no display name and no \$DISPLAY|couldn't connect to display|[Cc]annot (?:open|connect to) (?:X )?display"
            r"|could not connect to display|[Uu]nable to open (?:X )?display|\.X11-unix|Missing X server or \$DISPLAY"
        ),
        "the tests ask for a display, and a sandbox has none: run them with `xvfb-run -a` in [environment] test, or "
        'without one by [environment] env (QT_QPA_PLATFORM = "offscreen", MPLBACKEND = "Agg")',
    ),
    (
        "network",
        re.compile(
            r"Temporary failure in name resolution|Name or service not known|Network is unreachable|getaddrinfo failed"
            r"|getaddrinfo (?:EAI_AGAIN|ENOTFOUND)|network is unreachable|Could not resolve host"
        ),
        "the tests ask for the network, and a sandbox has none: leave out those that do in [environment] test "
        "(pytest: -m or --deselect), or let them answer themselves",
    ),
)


def wanted(*ran: Execution | None) -> tuple[tuple[str, str], ...]:
    """What failing runs asked for in vain, each as a word and as what to do about it."""
    said = "\n".join(each.output for each in ran if each is not None and each.exit_code != 0)
    return tuple((what, advice) for what, pattern, advice in _WANTS if pattern.search(said))
