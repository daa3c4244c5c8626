"""A person is told of each real need once, in safe words, by the way that the settings name."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conductor_world import ADA, SETTINGS, World

from podium.conductor.notices import notices, plain
from podium.conductor.notify import Notifier
from podium.kernel.clock import SystemClock, stamp
from podium.ledger.workers import take_lease
from podium.runs.events import (
    AgentStarted,
    PermissionAsked,
    RoundOrdered,
    RunStarted,
    TripwireCleared,
    TripwireTripped,
)
from podium.runs.model import PermissionRequest, Trip, TripName
from podium.testing.script import Script
from podium.testing.waiting import eventually

EVIL = "Say \x1b[31myes\x1b[0m\u202e $(touch /tmp/x) <b>now</b>\n`id`"


@pytest.fixture
def world(tmp_path: Path, environment: dict[str, str]) -> Iterator[World]:
    built = World.build(tmp_path, environment, Script(tasks=()), {"T1": ()}, settings=SETTINGS)
    yield built
    built.close()


def notifier_of(world: World, name: str, **more: Any) -> Notifier:
    path = more.pop("path", world.environment["PATH"])
    return Notifier(world.desk, name, path, {"HOME": str(world.root)}, **more)


def begin(world: World) -> None:
    """A run of T1 whose agent asks something with hostile words."""
    with world.desk.change(world.project.id) as change:
        change.append(RunStarted(run="r1", spec="numbers", task="T1", agent="scripted", plan_blob="b"), actor=ADA)
        change.append(RoundOrdered(run="r1", round=1, round_kind="first", base="c"), actor=ADA)
        change.append(AgentStarted(run="r1", round=1, attempt=1, resumption="new"), actor=ADA)
        request = PermissionRequest(
            id="1.1", title=EVIL, kind="execute", detail="", asked_at=stamp(SystemClock().now())
        )
        change.append(PermissionAsked(run="r1", round=1, request=request), actor=ADA)


def trip(world: World, name: TripName, detail: str) -> None:
    with world.desk.change(world.project.id) as change:
        tripped = Trip(name=name, detail=detail, at=stamp(SystemClock().now()))
        change.append(TripwireTripped(run="r1", round=1, trip=tripped), actor=ADA)


def settle(world: World, settings: str) -> None:
    from podium.project.events import SettingsRecorded

    text = world.now.projects.settings_text(world.project.id) + settings
    with world.desk.change(world.project.id) as change:
        change.append(SettingsRecorded(project=world.project.id, text=text, by="Ada"), actor=ADA)


def told(notifier: Notifier) -> None:
    eventually(lambda: not notifier.busy, 60.0)


def test_a_command_hears_of_each_need_once_though_two_workers_look(world: World, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    settle(world, f"\n[notify]\ncommand = '''cat >> {heard}; echo \"$PODIUM_KIND|$PODIUM_WHAT\" >> {heard}.words'''\n")
    begin(world)
    first, second = notifier_of(world, "one"), notifier_of(world, "two")
    for _ in range(3):
        first.look(world.now)
        second.look(world.now)
    told(first)
    told(second)
    (line,) = heard.read_text().splitlines()
    notice = json.loads(line)
    assert notice["kind"] == "permission"
    assert notice["title"] == "numbers/T1 asks (scripted)"
    assert notice["what"] == "asks to execute: Say [31myes [0m $(touch /tmp/x) <b>now</b> `id`"
    assert Path(f"{heard}.words").read_text() == f"permission|{notice['what']}\n"
    trip(world, "danger", "publishes: git push")
    trip(world, "stall", "nothing was heard for 10.0 minutes")
    first.look(world.now)
    told(first)
    assert [json.loads(each)["kind"] for each in heard.read_text().splitlines()] == [
        "permission",
        "tripwire",
        "tripwire",
    ]


def test_the_same_tripwire_of_a_round_is_one_notice_however_often_it_trips(world: World) -> None:
    begin(world)
    trip(world, "stall", "nothing was heard for 10.0 minutes")
    before = [each.key for each in notices(world.now)]
    with world.desk.change(world.project.id) as change:
        change.append(TripwireCleared(run="r1", round=1, name="stall"), actor=ADA)
    trip(world, "stall", "nothing was heard for 11.0 minutes")
    assert [each.key for each in notices(world.now)] == before
    assert len(before) == 2


def test_what_a_dead_worker_had_claimed_is_told_by_another(world: World, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    settle(world, f"\n[notify]\ncommand = 'cat >> {heard}'\n")
    begin(world)
    (notice,) = notices(world.now)
    assert take_lease(world.desk.ledger.engine, f"notice:{notice.key}", "dead", 0.0)

    def is_told() -> bool:
        living = notifier_of(world, "living")
        living.look(world.now)
        told(living)
        return heard.exists()

    eventually(is_told, 30.0)
    is_told()
    assert len(heard.read_text().splitlines()) == 1


def test_a_hook_that_fails_is_tried_again_and_then_given_up(world: World, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    settle(world, f"\n[notify]\ncommand = 'echo tried >> {heard}; exit 1'\n")
    begin(world)
    pauses: list[float] = []
    notifier = notifier_of(world, "one", pause=pauses.append)
    notifier.look(world.now)
    told(notifier)
    assert heard.read_text().splitlines() == ["tried"] * 3
    assert pauses == [2.0, 6.0]


def test_the_desktop_gets_words_and_no_markup_or_options(world: World, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "notify-send"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/shown\n')
    program.chmod(0o755)
    settle(world, "\n[notify]\ndesktop = true\n")
    begin(world)
    notifier = notifier_of(world, "one", path=f"{program.parent}:{world.environment['PATH']}")
    notifier.look(world.now)
    told(notifier)
    *_, dashes, title, body = (tmp_path / "shown").read_text().splitlines()
    assert dashes == "--"
    assert title == "numbers/T1 asks (scripted)"
    assert "&lt;b&gt;now" in body


def test_a_webhook_gets_the_need_as_json(world: World) -> None:
    got: list[dict[str, Any]] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
            """Nobody reads it."""

    with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            settle(world, f'\n[notify]\nwebhook = "http://127.0.0.1:{server.server_port}/x"\n')
            begin(world)
            notifier = notifier_of(world, "one")
            notifier.look(world.now)
            told(notifier)
        finally:
            server.shutdown()
            serving.join()
    (notice,) = got
    assert notice["text"].startswith("[numbers] numbers/T1 asks (scripted): asks to execute: Say")


def test_nothing_is_told_where_nothing_is_set_up(world: World) -> None:
    begin(world)
    notifier = notifier_of(world, "one")
    notifier.look(world.now)
    assert not notifier.busy


def test_texts_are_one_short_line_of_printable_characters() -> None:
    assert plain("a\x00b\u202ec\u200b\n\td") == "a b c d"
    assert plain("x" * 500) == "x" * 199 + "…"
    assert msgspec.json.encode(plain("\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace")))
