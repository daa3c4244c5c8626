"""Fixtures of the git room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from git_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A user with three small files, and the mirror."""
    made = World.of(tmp_path, {"a.txt": "one\ntwo\nthree\n", "src/b.py": "x = 1\n", ".gitignore": "*.log\nbuild/\n"})
    yield made
    made.mirror.close()


@pytest.fixture
def bare_world(tmp_path: Path) -> Iterator[World]:
    """A mirror that knows nothing yet, beside a user with one commit."""
    made = World.of(tmp_path, {"README": "hello\n"})
    yield made
    made.mirror.close()
