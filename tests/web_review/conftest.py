"""Fixtures of the review page's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from review_world import Reviewed


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Callable[..., Reviewed]]:
    """Builds served projects with a candidate; all are closed at the end."""
    made: list[Reviewed] = []

    def build(before: dict[str, Any], after: dict[str, Any], **more: Any) -> Reviewed:
        world = Reviewed.build(tmp_path / f"world{len(made)}", before, after, **more)
        made.append(world)
        return world

    yield build
    for world in made:
        world.close()
