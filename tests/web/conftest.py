"""Fixtures of the web app's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from web_world import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A project of its own, served."""
    made = Shop.build(tmp_path)
    yield made
    made.close()
