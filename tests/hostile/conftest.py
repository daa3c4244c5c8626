"""Fixtures: bare places and worlds, built when they are asked for, ended and removed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_place import Place
from hostile_world import World

Build = Callable[..., World]


def _builder() -> Iterator[Build]:
    built: list[World] = []

    def build(*given: Any, **more: Any) -> World:
        world = World.build(*given, **more)
        built.append(world)
        return world

    yield build
    for world in built:
        world.close()


@pytest.fixture
def build_world() -> Iterator[Build]:
    yield from _builder()


@pytest.fixture(scope="module")
def build_module_world() -> Iterator[Build]:
    yield from _builder()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty directory `place.root`, with a home and a state directory of its own."""
    made = Place(tmp_path, tmp_path / "work", 0)
    made.prepare()
    return made
