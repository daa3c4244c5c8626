from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from checks_bench import World, change, order

from podium.checks.kinds.security import SECURITY
from podium.checks.package_index import Absent, Listed, Unreachable, look_up
from podium.checks.well_known import near_known
from podium.evidence.model import Blind, Fails, Item
from podium.project.model import EvidenceSettings

OLD = {"releases": {"1": [{"upload_time_iso_8601": "2015-01-01T00:00:00Z"}], "2": []}}
YOUNG = {"releases": {"1": [{"upload_time_iso_8601": "2999-01-01T00:00:00Z"}]}}


class Index(BaseHTTPRequestHandler):
    """A small index: `old`, `young`, `broken`, `odd`; everything else is absent."""

    def do_GET(self) -> None:
        answers: dict[str, tuple[int, bytes]] = {
            "/old/json": (200, json.dumps(OLD).encode()),
            "/young/json": (200, json.dumps(YOUNG).encode()),
            "/broken/json": (503, b""),
            "/odd/json": (200, b"[1, 2"),
            "/old": (200, b'{"time": {"created": "2015-01-01T00:00:00.000Z"}, "versions": {"1.0.0": {}, "2.0.0": {}}}'),
            "/seldom": (200, b'{"crate": {"created_at": "2015-01-01T00:00:00Z", "downloads": 7}, "versions": [{}]}'),
        }
        code, body = answers.get(self.path, (404, b""))
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - the base class's names
        return


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_index_tells_what_is_there_and_what_is_not(index: str) -> None:
    known = look_up("python", index, "old")
    assert isinstance(known, Listed)
    assert (known.since[:4], known.releases) == ("2015", 2)
    assert isinstance(look_up("npm", index, "old"), Listed)
    assert look_up("cargo", index, "seldom") == Listed(since="2015-01-01T00:00:00Z", releases=1, downloads=7)
    assert look_up("python", index, "invented") == Absent()


@pytest.mark.parametrize("name", ["broken", "odd", "../etc", "a b", "x\n", "", "http://elsewhere.example"])
def test_an_answer_that_did_not_come_is_no_answer(index: str, name: str) -> None:
    assert isinstance(look_up("python", index, name), Unreachable)


def test_an_index_that_is_not_there_is_unreachable() -> None:
    assert isinstance(look_up("python", "http://127.0.0.1:9", "requests"), Unreachable)


def supply(tmp_path: Path, index: str, *names: str) -> Item:
    base, now = (
        '[project]\nname = "p"\ndependencies = ["attrs"]\n',
        ", ".join(f'"{name}"' for name in ("attrs", *names)),
    )
    world = World(tmp_path, {"pyproject.toml": base}, {"pyproject.toml": f"[project]\ndependencies = [{now}]\n"})
    asked = {"evidence": EvidenceSettings(index={"python": index} if index else {})}
    return world.gather(order(changes=(change("pyproject.toml"),), settings=asked), (SECURITY,))["supply chain"]


def test_new_dependencies_are_looked_up_by_name(tmp_path: Path, index: str) -> None:
    item = supply(tmp_path, index, "old", "young", "invented", "broken")
    told = {(each.rule, each.message.split()[0]) for each in item.findings if each.rule != "dependency"}
    assert told == {("dependency-young", "young"), ("dependency-absent", "the")}
    assert isinstance(item.outcome, Fails)
    assert "broken: the index answers 503" in item.outcome.why


def test_without_an_index_nobody_is_asked_and_it_says_so(tmp_path: Path) -> None:
    item = supply(tmp_path, "", "old")
    assert isinstance(item.outcome, Fails | Blind)
    assert "no registry was asked" in item.outcome.why


@pytest.mark.parametrize(
    ("name", "near"),
    [("reqeusts", "requests"), ("requestss", "requests"), ("requests", ""), ("python_dateutil", "python-dateutil"),
     ("djang0", "django"), ("my-own-thing", ""), ("nunpy", "numpy")],
)  # fmt: skip
def test_a_name_that_is_almost_a_known_one_is_a_trap(name: str, near: str) -> None:
    assert near_known("python", name) == near
