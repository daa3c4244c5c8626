"""Seeing to it that a conductor is at work, in the background if need be."""

from __future__ import annotations

import sys

from podium.cli.context import Context

IDLE_SECONDS = 300
"""How long a conductor that was started by another command stays when there is nothing to do."""


def ensure_conductor(context: Context) -> bool:
    """Start a conductor unless one is at work, and say so; True when one was started."""
    from podium.conductor.background import start_conductor

    command = [sys.executable, "-m", "podium.cli.main", "conductor", "--idle", str(IDLE_SECONDS)]
    # Not as arguments: every user of the machine can read those, and the URL may hold a password.
    place = {"PODIUM_STATE": str(context.state), "PODIUM_DATABASE_URL": context.url}
    started = start_conductor(context.home, command, {**context.environ, **place})
    if started:
        context.output.note(f"started a conductor in the background (log: {context.home.conductor_log})")
    return started
