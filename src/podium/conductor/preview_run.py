"""The preview of a run: of its agent's own sandbox while that is at work, else of its candidate in a new one."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from podium.conductor.desk import Desk
from podium.conductor.mirrors import open_mirror
from podium.conductor.own_keys import redactor_of
from podium.conductor.prepare import ground_of
from podium.conductor.preview import candidate_at_work, process_of_round, serve
from podium.conductor.shop import Shop
from podium.kernel.errors import NotFoundError, PodiumError, UsageError
from podium.kernel.ids import system_entropy
from podium.project.model import Settings
from podium.runs.model import AwaitingPermission, Run, Working
from podium.runs.store import candidate_of

_TOUCH_SECONDS = 60.0
"""What nobody touched for an hour is taken for scratch that was left behind, and freed."""


def preview_run(
    desk: Desk,
    open_shop: Callable[[], Shop],
    project: str,
    run: Run,
    *,
    settings: Settings,
    environ: Mapping[str, str],
    port: int = 0,
    ready: Callable[[str], None],
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Show it until it is no longer to go on, or the sandbox is gone; `ready` is told the URL.

    `port` is the one inside; 0 = that of the settings. Raises NotFoundError without a candidate, PodiumError with the
    end of what the program said, without any key of the agents, when it does not serve.
    """
    inside = port or settings.environment.preview_port
    where = f"{run.spec}/{run.task}"
    if isinstance(run.rounds[-1].state, Working | AwaitingPermission):
        serve(process_of_round(desk, project, run), inside, ready=ready, goes_on=goes_on)
        return
    candidate = candidate_of(run.rounds[-1])
    if candidate is None:
        raise NotFoundError("there is no candidate to show", where=where)
    place = desk.home.checks(project)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = place / f"preview-{system_entropy(6).hex()}.log"
    shop = open_shop()
    with ExitStack() as stack:
        stack.callback(lambda: log.unlink(missing_ok=True))
        with desk.reading(project) as state:
            registered = state.project
        mirror = stack.enter_context(open_mirror(desk.home, registered, shop.path))
        try:
            pid = stack.enter_context(candidate_at_work(ground_of(shop, project, mirror), candidate, place, log))
            serve(pid, inside, ready=ready, goes_on=_touching(place, goes_on))
        except UsageError:
            raise  # it was not even tried
        except PodiumError as error:
            said = log.read_text(errors="replace") if log.exists() else ""
            end = redactor_of(settings, environ, registered.root).text(said)[-1000:]
            raise PodiumError(error.what, where=where, do=end or error.do) from error


def _touching(place: Path, goes_on: Callable[[], bool]) -> Callable[[], bool]:
    """The same question; whenever it is asked after a while, what is at work below `place` is touched."""
    touched = time.monotonic()

    def ask() -> bool:
        nonlocal touched
        if time.monotonic() - touched >= _TOUCH_SECONDS:
            touched = time.monotonic()
            for each in place.glob("preview-*"):
                with contextlib.suppress(OSError):
                    os.utime(each, follow_symlinks=False)
        return goes_on()

    return ask
