"""What parallel agents need around them: services, env files without secrets, recipes for dependencies."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from podium.project.model import Companion
from podium.workspaces.env_files import env_layer, placeholder, safe_text
from podium.workspaces.plan import SandboxPlan
from podium.workspaces.recipes import HATCH, recipe
from podium.workspaces.run import Completed, run

SERVER = "python3 -m http.server 8099 --bind 127.0.0.1"
READY = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8099)).close()'"
GET = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8099/').status)"


def sandboxed(plan: SandboxPlan, bwrap: str, *services: Companion, command: str) -> Completed:
    return run(msgspec.structs.replace(plan, services=services), command, bwrap=bwrap, timeout_seconds=60)


def test_a_service_is_ready_before_the_command_and_gone_after_it(me: SandboxPlan, bwrap: str) -> None:
    web = Companion(name="web", command=SERVER, ready=READY)
    for _ in range(2):  # the same port again: nothing is left of the first
        done = sandboxed(me, bwrap, web, command=f'python3 -c "{GET}"')
        assert (done.how, done.exit_code, done.output) == ("exited", 0, b"200\n")


def test_two_services_start_in_order_and_their_output_can_be_read(me: SandboxPlan, bwrap: str) -> None:
    first = Companion(name="one", command="echo hello; touch /tmp/one; sleep 60", ready="test -e /tmp/one")
    second = Companion(name="two", command="test -e /tmp/one && touch /tmp/two; sleep 60", ready="test -e /tmp/two")
    done = sandboxed(me, bwrap, first, second, command="cat $TMPDIR/podium-services/one.log; ls /tmp/two")
    assert done.output == b"hello\n/tmp/two\n"


@pytest.mark.parametrize(
    ("service", "said"),
    [
        (
            Companion(name="db", command="echo no such table; exit 3", ready="false"),
            b"(it ended with 3)\nno such table",
        ),
        (
            Companion(name="db", command="echo slow; sleep 60", ready="false", seconds=1.0),
            b"did not become ready\nslow",
        ),
        (Companion(name="db", command="exit 4", ready="", seconds=1.0), b""),
    ],
)
def test_a_service_that_does_not_become_ready_ends_it_with_its_last_words(
    me: SandboxPlan, bwrap: str, service: Companion, said: bytes
) -> None:
    done = sandboxed(me, bwrap, service, command="echo began")
    if service.ready:
        assert done.exit_code == 125
        assert b"podium: the service db did not become ready" in done.output
        assert said in done.output
        assert b"began" not in done.output


def test_a_service_that_goes_into_the_background_by_itself_counts_when_it_is_ready(me: SandboxPlan, bwrap: str) -> None:
    service = Companion(name="daemon", command="(sleep 1; touch /tmp/up; sleep 60) & exit 0", ready="test -e /tmp/up")
    assert sandboxed(me, bwrap, service, command="echo began").output == b"began\n"


def test_names_and_commands_of_services_are_no_shell_text(me: SandboxPlan, bwrap: str) -> None:
    service = Companion(name="a", command="echo '$(touch /tmp/x) \"`'; touch /tmp/ok", ready="test -e /tmp/ok")
    done = sandboxed(me, bwrap, service, command="ls /tmp; cat /tmp/podium-services/a.log")
    assert done.output == b'ok\npodium-services\n$(touch /tmp/x) "`\n'


ENV = """\
# DATABASE_URL=postgres://u:old-secret@x
DEBUG=1
export API_KEY="sk-live-1"
APP_NAME='shop'  # a word
PRIVATE="-----BEGIN
line two SECRET
-----END"
AFTER=2
not an assignment SECRET
YAML: value-SECRET
=x
"""


def test_values_that_are_not_allowed_by_name_are_replaced_and_comments_left_out() -> None:
    text = safe_text(ENV, ("DEBUG", "APP_*"))
    assert text.splitlines() == [
        "DEBUG=1",
        f"API_KEY={placeholder('API_KEY')}",
        "APP_NAME='shop'  # a word",
        f"PRIVATE={placeholder('PRIVATE')}",
        f"AFTER={placeholder('AFTER')}",
        f"YAML={placeholder('YAML')}",
    ]
    assert "SECRET" not in text
    assert "sk-live" not in text


def test_a_value_whose_quote_never_closes_takes_the_rest_and_shows_none_of_it() -> None:
    assert safe_text('A="x\nSECRET=1\nB=2', ("B",)) == f"A={placeholder('A')}\n"


def test_the_layer_is_named_by_its_content_and_never_reads_through_a_link(tmp_path: Path) -> None:
    root, store = tmp_path / "checkout", tmp_path / "layers"
    (root / "app").mkdir(parents=True)
    (root / "app/.env").write_text("KEY=secret\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/.env").write_text("KEY=outside\n")
    (root / ".env").symlink_to(tmp_path / "outside/.env")
    (root / "linked").symlink_to(tmp_path / "outside")
    layer = env_layer(root, store, (".env", "app/.env", "linked/.env", "none/.env"), ("KEY",))
    assert layer is not None
    assert [str(path.relative_to(layer)) for path in layer.rglob("*") if path.is_file()] == ["app/.env"]
    assert (layer / "app/.env").read_text() == "KEY=secret\n"
    assert env_layer(root, store, ("app/.env",), ("KEY",)) == layer
    assert env_layer(root, store, ("app/.env",), ()) != layer
    assert env_layer(root, store, (".env",), ()) is None
    assert [path.name[:4] for path in store.iterdir()] == ["env-", "env-"]


def test_what_is_set_up_follows_from_the_lockfiles() -> None:
    assert recipe("make deps", ("*.lock",), ("uv.lock",)) == recipe("make deps", ("*.lock",), ())
    assert recipe("", (), ("uv.lock", "package-lock.json")) is None
    assert recipe("auto", (), ("src/a.py",)) is None
    both = recipe("auto", (), ("uv.lock", "requirements.txt", "package-lock.json", "pnpm-lock.yaml"))
    assert both is not None
    assert both.lockfiles == ("uv.lock", "pnpm-lock.yaml")
    assert "UV_LINK_MODE=copy" in both.command
    assert "--package-import-method=copy" in both.command
    pip = recipe("auto", (), ("requirements.txt",))
    assert pip is not None
    assert pip.command.endswith("install --no-input --disable-pip-version-check -r requirements.txt )")
    npm = recipe("auto", (), ("package-lock.json",))
    assert npm is not None
    assert "npm ci" in npm.command


def test_the_projects_own_script_takes_the_place_of_every_recipe_but_not_of_a_command() -> None:
    files = (HATCH, "uv.lock", "package.json")
    for setup in ("", "auto"):
        found = recipe(setup, (), files)
        assert found is not None
        assert found.command == "sh .podium/setup"
        assert found.lockfiles == (HATCH, "uv.lock", "package.json")
    own = recipe("make deps", (), files)
    assert own is not None
    assert own.command == "make deps"
