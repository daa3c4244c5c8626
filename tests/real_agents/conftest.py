"""Real agents, which `scripts/agents` installs; where one is absent, CI fails and everybody else skips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_bench import AGENTS, RealBench, is_installed

from podium.testing.model_server.steps import Prompt

Make = Callable[..., RealBench]


@pytest.fixture
def real(tmp_path: Path, require: Callable[[object, str], None]) -> Iterator[Make]:
    """`real("claude", prompt(...))`: a bench for that agent, if it is installed."""
    made: list[RealBench] = []

    def make(name: str, *prompts: Prompt) -> RealBench:
        require(is_installed(name), f"the agent {name} (scripts/agents {name})")
        root = tmp_path / f"bench{len(made)}"
        root.mkdir()
        made.append(RealBench(root, AGENTS[name], *prompts))
        made[-1].server.start()
        return made[-1]

    yield make
    for bench in made:
        bench.close()
