"""docs/reference/agents.md says what the real agents did: each row is played again and held against the page.

`python tests/real_agents/test_agent_matrix.py [AGENT ...]` plays them and writes the rows anew.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from agent_series import COLUMNS, Make, Row, row
from real_bench import AGENTS, RealBench

from podium.agents.known import known
from podium.testing.model_server.steps import Prompt

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "agents.md"
ALWAYS = ("claude", "codex")
"""Their rows are played by `make test`; `make test-agents` plays all."""

pytestmark = [pytest.mark.slow, pytest.mark.agents, pytest.mark.timeout(600)]


def rows() -> dict[str, Row]:
    """The matrix as the page has it."""
    found: dict[str, Row] = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == len(COLUMNS) and cells[0] in AGENTS:
            found[cells[0]] = dict(zip(COLUMNS, cells, strict=True))
    return found


def test_the_page_has_a_row_for_those_that_are_always_played_and_for_nobody_else() -> None:
    assert set(ALWAYS) <= set(rows()) <= set(AGENTS)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.more_agents) for name in sorted(rows())]
)
def test_an_agent_does_what_its_row_says(real: Make, name: str) -> None:
    assert row(real, name) == rows()[name]


def test_podium_agents_says_what_the_page_says() -> None:
    words = {"yes": True, "no": False, "not tried": None}
    for name, played in rows().items():
        about = known(name)
        assert about is not None
        assert about.version == played["version"]
        told = (about.can.resume, about.can.permissions, about.can.cost)
        assert told == tuple(words[played[column]] for column in ("resume", "permission", "cost")), name


def _write(names: Sequence[str]) -> None:
    played: dict[str, Row] = {}
    for name in names or sorted(AGENTS):
        benches: list[RealBench] = []
        with tempfile.TemporaryDirectory() as top:

            def make(agent: str, *prompts: Prompt, top: str = top, benches: list[RealBench] = benches) -> RealBench:
                root = Path(top) / str(len(benches))
                root.mkdir()
                benches.append(RealBench(root, AGENTS[agent], *prompts))
                benches[-1].server.start()
                return benches[-1]

            try:
                played[name] = row(make, name)
            finally:
                for bench in benches:
                    bench.close()
        print(played[name], flush=True)
    all_rows = rows() | played
    begin, end = "<!-- matrix -->\n", "<!-- end of matrix -->"
    before, _, rest = PAGE.read_text().partition(begin)
    table = [COLUMNS, ("---",) * len(COLUMNS), *(tuple(all_rows[name].values()) for name in sorted(all_rows))]
    lines = "".join(f"| {' | '.join(cells)} |\n" for cells in table)
    PAGE.write_text(before + begin + "\n" + lines + "\n" + end + rest.partition(end)[2])


if __name__ == "__main__":
    _write(sys.argv[1:])
