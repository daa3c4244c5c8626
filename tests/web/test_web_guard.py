"""Who gets an answer: names, origins, secrets, links; each attack that the guard names, tried with raw requests."""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from web_world import Shop

from podium.api.guard import cookie_name
from podium.api.keys import KEY_SECONDS, Keys


class Asker:
    """Sends requests with exactly these headers."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.port = shop.site.port
        self.cookie = f"{cookie_name(self.port)}={shop.site.keys.secret()}"

    def __call__(
        self, method: str, path: str, body: str = "", *, cookie: str | None = "", host: str = "", **headers: str
    ) -> tuple[int, Mapping[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{self.port}")
        if cookie is not None:
            connection.putheader("Cookie", cookie or self.cookie)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text


@pytest.fixture
def ask(shop: Shop) -> Asker:
    return Asker(shop)


def test_without_the_cookie_nothing_is_told(ask: Asker) -> None:
    for path in ("/", "/board", "/ledger", "/events", "/run/x/lines", "/nothing"):
        status, _, text = ask("GET", path, cookie=None)
        assert (status, "shop" in text) == (403, False), path


@pytest.mark.parametrize(
    "cookie", ["wrong", "{name}=", "{name}=wrong", "{name}={half}", "{name}=\x7f", "podium={secret}"]
)
def test_a_wrong_secret_is_refused(ask: Asker, cookie: str) -> None:
    secret = ask.shop.site.keys.secret()
    given = cookie.format(name=cookie_name(ask.port), secret=secret, half=secret[:20])
    assert ask("GET", "/", cookie=given)[0] == 403


def test_a_name_that_resolves_to_this_machine_is_not_ours(ask: Asker) -> None:
    for host in ("evil.example", f"evil.example:{ask.port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil:{ask.port}"):
        assert ask("GET", "/", host=host)[0] == 403, host
    assert ask("GET", "/", host=f"localhost:{ask.port}")[0] == 200


def test_two_host_headers_are_refused(ask: Asker) -> None:
    assert ask("GET", "/", Host="evil.example")[0] in (400, 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {},
    ],
)
def test_no_other_website_or_port_changes_anything(ask: Asker, headers: dict[str, str]) -> None:
    given = {name.replace("-", "_"): value.format(port=ask.port) for name, value in headers.items()}
    before = ask.shop.desk.look(ask.shop.project.id).seq
    body = json.dumps({"name": "mine"})
    status, _, _ = ask("POST", "/act/new-spec", body, Content_Type="application/json", **given)
    assert status == 403
    assert not (ask.shop.root / "specs").exists()
    assert ask.shop.desk.look(ask.shop.project.id).seq == before


def test_our_own_page_changes_things(ask: Asker) -> None:
    origin = f"http://127.0.0.1:{ask.port}"
    status, headers, _ = ask(
        "POST",
        "/act/new-spec",
        "name=mine&title=&next=%2F%2Fevil.example",
        Content_Type="application/x-www-form-urlencoded",
        Origin=origin,
        Sec_Fetch_Site="same-origin",
    )
    assert (status, headers["location"]) == (303, "/")  # and never to where a form wants us to go
    assert (ask.shop.root / "specs/mine.md").exists()


def test_events_and_pages_are_not_for_other_websites_to_embed(ask: Asker) -> None:
    for site in ("cross-site", "same-site"):
        assert ask("GET", "/events", Sec_Fetch_Site=site, Sec_Fetch_Mode="cors")[0] == 403
        assert ask("GET", "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="iframe")[0] == 403
        assert ask("GET", "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")[0] == 200
    assert ask("GET", "/events", Origin="https://evil.example")[0] == 403


def test_every_answer_carries_the_headers_that_hold_a_browser_back(ask: Asker) -> None:
    for path, cookie in (("/", ""), ("/", None), ("/nothing", ""), ("/static/podium.js", ""), ("/enter?key=x", None)):
        _, headers, _ = ask("GET", path, cookie=cookie)
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_a_link_works_once(ask: Asker) -> None:
    path = ask.shop.site.link().removeprefix(ask.shop.site.url)
    status, headers, _ = ask("GET", path, cookie=None)
    assert status == 303
    given = headers["set-cookie"].lower()
    assert all(word in given for word in ("httponly", "samesite=strict", "path=/"))
    status, headers, text = ask("GET", path, cookie=None)
    assert (status, "set-cookie" in headers) == (403, False)
    assert "used already" in text
    assert ask("GET", path)[0] == 303  # who was let in before, and reloads the link, goes in


@pytest.mark.parametrize("key", ["", "x", "../../etc/passwd", "a" * 32, "%00" * 30, "a" * 5000])
def test_a_made_up_link_lets_nobody_in(ask: Asker, key: str) -> None:
    assert ask("GET", f"/enter?key={key}", cookie=None)[0] == 403


def test_a_link_grows_old(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "web")
    key = keys.new_key()
    (file,) = (tmp_path / "web").glob("key-*")
    past = time.time() - KEY_SECONDS - 5
    os.utime(file, (past, past))
    assert not keys.use(key)


def test_only_the_owner_reads_the_secret_and_it_stays_the_same(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "web")
    secret = keys.secret()
    assert Keys(tmp_path / "web").secret() == secret
    assert stat.S_IMODE((tmp_path / "web" / "token").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "web").stat().st_mode) == 0o700


def test_a_damaged_secret_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "token").write_text("short")
    assert len(Keys(tmp_path / "web").secret()) >= 40


def test_it_listens_on_this_machine_only(shop: Shop) -> None:
    addresses = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1"}:
        with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
            socket.create_connection((address, shop.site.port), timeout=5).close()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "[" * 100_000),
        ("application/json", '{"run": 1}'),
        ("application/json", '{"run": {"a": 1}}'),
        ("application/x-www-form-urlencoded", "run=%ff%fe"),
        ("application/x-www-form-urlencoded", "&".join(f"a{n}=1" for n in range(3000))),
        ("text/plain", "run=1"),
        ("application/json", '{"run": "' + "x" * 4_100_000 + '"}'),
    ],
)
def test_senseless_bodies_are_told_so(ask: Asker, kind: str, body: str) -> None:
    headers = {"Content_Type": kind, "Sec_Fetch_Site": "same-origin", "Accept": "application/json"}
    status, _, text = ask("POST", "/act/stop", body, **headers)
    assert status == 400
    assert json.loads(text)["error"]["what"]


def test_an_error_says_what_where_and_what_to_do_as_json_and_as_a_page(ask: Asker) -> None:
    headers = {"Content_Type": "application/json", "Sec_Fetch_Site": "same-origin"}
    body = json.dumps({"spec": "nowhere"})
    status, _, text = ask("POST", "/act/approve", body, Accept="application/json", **headers)
    assert status == 404
    assert json.loads(text)["error"] == {
        "what": "there is no such spec",
        "where": "specs/nowhere.md",
        "do": "Begin it: podium spec new nowhere",
    }
    status, _, text = ask("POST", "/act/approve", body, **headers)
    assert status == 404
    assert "There is no such spec" in text
    assert "podium spec new nowhere" in text


@pytest.mark.parametrize(
    "path",
    ["/spec/..%2f..%2fetc%2fpasswd", "/spec/%2e%2e", "/plan/a%00b", "/static/../app.py", "/static/%2e%2e/app.py"],
)
def test_no_address_leads_out_of_the_folders(ask: Asker, path: str) -> None:
    status, _, text = ask("GET", path)
    assert status in (400, 404)
    assert "root:" not in text
    assert "import" not in text
