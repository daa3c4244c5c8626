"""Fixtures: worlds for the real `podium`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from cli_story import Story
from cli_world import World

from podium.testing.actions import Action


@pytest.fixture
def empty_world(tmp_path: Path) -> World:
    """A world whose repository directory is empty: no git yet."""
    made = World(base=tmp_path, repository=tmp_path / "shop")
    for folder in (tmp_path / "home", made.repository):
        folder.mkdir()
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n name = Ada\n email = ada@example.org\n")
    return made


@pytest.fixture
def world(empty_world: World) -> World:
    """A world with a small Python project in git."""
    empty_world.git("init", "-q", "-b", "main")
    empty_world.write("pyproject.toml", '[project]\nname = "shop"\nversion = "1"\n\n[tool.pytest.ini_options]\n')
    empty_world.write("src/shop/cart.py", "def total(prices: list[int]) -> int:\n    return sum(prices)\n")
    empty_world.write("tests/test_cart.py", "def test_total():\n    assert sum([1, 2]) == 3\n")
    empty_world.commit("first")
    return empty_world


@pytest.fixture
def tell(world: World) -> Iterator[Callable[..., Story]]:
    """Makes a story in the world from the agent's rounds; its conductor is ended afterwards."""
    made: list[Story] = []

    def make(*rounds: Sequence[Action], agents: Sequence[str] = ("scripted",)) -> Story:
        made.append(Story(world, *rounds, agents=agents))
        return made[-1]

    yield make
    for story in made:
        story.end_conductor()
