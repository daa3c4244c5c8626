"""Finding an agent's program, and what a sandbox must mount for it."""

from __future__ import annotations

import hashlib
import os
import sys
import venv
from pathlib import Path

import pytest

from podium.agents.locate import locate, version_text
from podium.kernel.errors import UsageError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that is no part of the system, with a node that is none."""
    program(tmp_path / "node" / "bin" / "node", b"\x7fELF node")
    return tmp_path


def program(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def test_a_program_that_is_not_there_is_named_with_agent_and_places() -> None:
    with pytest.raises(UsageError) as raised:
        locate(("opencode", "acp"), "/nowhere/bin:/elsewhere", agent="fast")
    text = str(raised.value)
    assert "[agents.fast]" in text
    assert "'opencode'" in text
    assert "/nowhere/bin:/elsewhere" in text


@pytest.mark.parametrize(
    ("command", "says"), [((), "no command"), (("bin/x",), "relative"), (("/nowhere/x",), "does not exist")]
)
def test_a_command_that_cannot_be_used_is_an_error(command: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        locate(command, "", agent="a")


def test_a_file_that_is_not_executable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(UsageError, match="not executable"):
        locate((str(tmp_path / "x"),), "", agent="a")


def test_a_directory_of_path_that_is_relative_is_not_looked_in(tmp_path: Path) -> None:
    program(tmp_path / "x", b"\x7fELF")
    with pytest.raises(UsageError):
        locate(("x",), os.path.relpath(tmp_path), agent="a")


def test_a_program_of_the_system_needs_nothing_mounted() -> None:
    found = locate(("sh", "-c", "x"), "/usr/bin:/bin", agent="a")
    assert found.mounts == ()
    assert found.argv[1:] == ("-c", "x")
    assert found.sha256 == hashlib.sha256(Path(found.program).read_bytes()).hexdigest()


def test_a_binary_needs_its_directory(place: Path) -> None:
    path = program(place / "opencode-1.2" / "opencode", b"\x7fELF")
    found = locate(("opencode",), str(path.parent), agent="a")
    assert (found.kind, found.argv, found.mounts) == ("binary", (str(path),), (str(path.parent),))


def test_a_binary_among_many_needs_only_itself(place: Path) -> None:
    path = program(place / ".local" / "bin" / "agent", b"\x7fELF")
    (place / ".local" / "share" / "keyrings").mkdir(parents=True)
    assert locate(("agent",), str(path.parent), agent="a").mounts == (str(path),)


def test_a_node_script_needs_its_packages_and_node(place: Path) -> None:
    modules = place / "lib" / "node_modules"
    script = program(modules / "@x" / "agent" / "cli.js", b"#!/usr/bin/env node\n")
    (place / "bin").mkdir()
    (place / "bin" / "agent").symlink_to("../lib/node_modules/@x/agent/cli.js")
    node = place / "node" / "bin" / "node"
    found = locate(("agent", "--acp"), f"{place}/bin:{node.parent}", agent="a")
    assert found.kind == "node"
    assert found.argv == (str(node), str(script), "--acp")
    assert found.mounts == (str(modules), str(node))


def test_a_script_whose_interpreter_is_absent_says_which(place: Path) -> None:
    script = program(place / "agent", b"#!/usr/bin/env deno\n")
    with pytest.raises(UsageError, match="deno"):
        locate((str(script),), "/nowhere", agent="a")


def test_a_python_script_needs_its_venv_the_python_below_and_editable_sources(place: Path) -> None:
    made = place / "venv"
    venv.create(made, symlinks=True)
    source = place / "project" / "src"
    source.mkdir(parents=True)
    site = next(made.glob("lib/python3*/site-packages"))
    (site / "editable.pth").write_text(f"{source}\nimport os\n")
    told = site / "tool-1.dist-info"
    told.mkdir()
    (told / "direct_url.json").write_text(f'{{"url": "file://{place}/project", "dir_info": {{"editable": true}}}}')
    script = program(made / "bin" / "tool", f"#!{made}/bin/python\n".encode())
    found = locate(("tool", "acp"), str(made / "bin"), agent="a")
    assert found.kind == "python"
    assert found.argv == (f"{made}/bin/python", str(script), "acp")
    assert str(made) in found.mounts
    assert str(source) in found.mounts
    assert str(place / "project") not in found.mounts
    base = Path(sys.base_prefix).resolve()
    assert str(base).startswith("/usr") or str(base) in found.mounts


def test_a_script_with_a_path_too_long_for_a_shebang_is_read(place: Path) -> None:
    made = place / "venv"
    venv.create(made, symlinks=True)
    head = f"#!/bin/sh\n'''exec' \"{made}/bin/python\" \"$0\" \"$@\"\n' '''\n"
    program(made / "bin" / "tool", head.encode())
    assert locate(("tool",), str(made / "bin"), agent="a").argv[0] == f"{made}/bin/python"


def test_an_interpreter_in_somebodys_home_does_not_mount_the_home(place: Path) -> None:
    python = program(place / "bin" / "python3", b"\x7fELF")
    script = program(place / "tools" / "agent", f"#!{python}\n".encode())
    (place / ".ssh").mkdir()
    found = locate((str(script),), "", agent="a")
    assert str(place) not in found.mounts
    assert set(found.mounts) == {str(place / "tools"), str(python)}


def test_the_version_is_what_the_program_says(place: Path) -> None:
    script = program(place / "agent", b'#!/bin/sh\n[ -z "$SECRET" ] && echo "agent 1.2.3"; echo more\n')
    assert version_text(locate((str(script),), "", agent="a")) == "agent 1.2.3"
    silent = program(place / "silent", b"#!/bin/sh\nexit 3\n")
    assert version_text(locate((str(silent),), "", agent="a")) == ""
