"""Saying at once that agents will wait for a key, instead of leaving that to be found out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from podium.cli.context import Context

if TYPE_CHECKING:
    from podium.conductor.state import State


def tell_missing_keys(context: Context, state: State, specs: Iterable[str], agents: tuple[str, ...]) -> None:
    """Note each agent of these specs' tasks for which there is no key here.

    Says nothing where a conductor is at work already: that one has an environment of its own, and tells by itself.
    """
    from podium.conductor.background import conductor_pid
    from podium.conductor.missing_keys import missing_keys

    if conductor_pid(context.home) is not None:
        return
    for name, why in missing_keys(context.settings, state, specs, agents, context.environ):
        context.output.note(f"{name}: {why}\nIts tasks wait, and begin by themselves once it is there.")
