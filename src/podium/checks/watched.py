"""The one run of the project's tests in which the changed lines are watched; several kinds of evidence read its map."""

from __future__ import annotations

from podium.checks.bench import Bench, Sighting
from podium.checks.bring_in import bring_in
from podium.checks.changed_python import ChangedPython
from podium.checks.line_map import ARTEFACTS

_PLUGIN = "lines_plugin"


async def watched(bench: Bench, changed: ChangedPython) -> Sighting | None:
    """What that run showed: the first who asks has it made. None when the time for the dearer kinds was spent."""

    async def look() -> Sighting | None:
        environment = bench.order.settings.environment
        seconds = min(environment.test_minutes * 60, bench.spare_seconds())
        if seconds <= 0:
            return None
        brought = bring_in(_PLUGIN, changed.lines(), environment.test, bench.order.settings)
        return await bench.observe(
            "candidate",
            brought.command,
            timeout_seconds=seconds,
            env=brought.env,
            artefacts=ARTEFACTS,
            inputs=brought.inputs,
        )

    return await bench.once(_PLUGIN, look)
