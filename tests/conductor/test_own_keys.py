"""A key that got into a candidate is found, stands against an accept, and is in nothing else that Podium keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conductor_world import SETTINGS, World, plan_text

from podium.landing.model import AtWork, InReview
from podium.ledger.read import open_reader
from podium.review.rules import Refused
from podium.runs.model import Working
from podium.testing import actions
from podium.testing.script import Script, rounds, save
from podium.testing.waiting import eventually

KEY = "house.key.that.has.no.known.shape.7"
CHECK = "import pathlib\nprint(*(file.read_text() for file in sorted(pathlib.Path('src').glob('*.py'))))\n"


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str]) -> Iterator[World]:
    """An agent of a provider whose key a person had told it; its program is replaced while it waits."""
    scripts = tmp_path / "scripts"
    does = (
        actions.WaitForFile(path=str(scripts / "go"), seconds=120.0),
        actions.Write(path="src/one.py", text=f"print(1)  # {KEY}\n"),
        actions.Write(path=f"src/nested-{KEY}/.git/HEAD", text="ref: refs/heads/x\n"),
        actions.Say(text=f"I wrote {KEY}."),
    )
    script = save(Script(tasks=(rounds(does),)), scripts / "script.json")
    program = scripts / "mine"
    (tmp_path / "key").write_text(KEY)
    settings = (
        f'{SETTINGS}\n[providers.house]\nkind = "openai"\nurl = "http://127.0.0.1:9"\nkey_file = "{tmp_path}/key"\n'
        f'[agents.mine]\ncommand = ["{program}", "{script}"]\nmounts = ["{scripts}"]\nprovider = "house"\n'
    )
    real = Path(environment["PATH"].partition(":")[0]) / "podium-scripted-agent"
    program.write_text(real.read_text())
    program.chmod(0o755)
    plan = plan_text({"T1": ()}, agents=("mine",))
    built = World.build(
        tmp_path, environment, Script(tasks=()), {}, settings=settings, plan=plan, files={"tests/check.py": CHECK}
    )
    yield built
    built.close()


def test_a_key_in_a_candidate_is_found_and_is_kept_nowhere_else(world: World, tmp_path: Path) -> None:
    world.order()
    world.start_worker()
    world.wait_for("T1", AtWork)
    eventually(lambda: isinstance(world.run_of("T1").rounds[0].state, Working), 60.0)
    program = tmp_path / "scripts" / "mine"
    fresh = program.with_name("fresh")
    fresh.write_text(program.read_text() + "# a new version\n")
    fresh.chmod(0o755)
    fresh.replace(program)
    (tmp_path / "scripts" / "go").touch()
    world.wait_for("T1", InReview)

    run = world.run_of("T1")
    round_ = run.rounds[0]
    assert round_.claim.endswith("I wrote [redacted].")
    assert any(note.startswith("the agent's program was replaced while it worked") for note in round_.notes)
    items = {item.name: item for item in world.now.evidence.items(run.id, 1)}
    tests = items["project tests"].candidate
    assert tests is not None
    assert "print(1)  # [redacted]" in tests.output
    found = items["your own keys"].findings
    assert [(each.path, each.line, each.level) for each in found] == [("src/one.py", 1, "error")]
    refused = world.accept("T1")
    assert isinstance(refused, Refused)
    assert "finding:your own keys" in {each.code for each in refused.refusals}

    reader = open_reader(world.url)
    assert reader is not None
    with closing(reader):
        told = b"".join(record.data for record in reader.records(world.project.id))
    assert KEY.encode() not in told
    place = world.desk.home.project(world.project.id)
    written = [
        path
        for path in (*place.glob("base-executions/*"), *place.glob("evidence-items/*"), *place.glob("runs/*/round-*/*"))
        if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    assert written == []
    assert KEY not in world.log()
