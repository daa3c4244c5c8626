"""Seeing to it that a conductor is at work, in the background if need be."""

from __future__ import annotations

import sys

from podium.cli.context import Context

IDLE_SECONDS = 300
"""How long a conductor that was started by another command stays when there is nothing to do."""


def ensure_conductor(context: Context) -> bool:
    """Start a conductor unless one is at work, and say so; True when one was started."""
    from podium.conductor.background import start_conductor

    command = [sys.executable, "-m", "podium.cli.main", "--state", str(context.state)]
    if context.database:
        command += ["--db", context.database]
    command += ["conductor", "--idle", str(IDLE_SECONDS)]
    started = start_conductor(context.home, command, context.environ)
    if started:
        context.output.note(f"started a conductor in the background (log: {context.home.conductor_log})")
    return started
