"""Pipes, full devices, closed streams, and what the environment says of the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from cli_world import World

from podium.cli.terminal_facts import TerminalFacts, terminal_facts

_PODIUM = f"{sys.executable} -m podium.cli.main"


def shell(world: World, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in the world, in which `podium` is the program."""
    return subprocess.run(
        ["bash", "-c", line.replace("podium", _PODIUM)],
        env=world.environ | more, cwd=world.repository, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("line", ["--help", "init --yes", "log"])
def test_a_command_whose_reader_has_gone_ends_as_sigpipe_would_end_it_and_says_nothing(world: World, line: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    if line == "log":
        world.podium("init", "--yes")
    done = subprocess.run(
        [sys.executable, "-m", "podium.cli.main", *line.split()],
        stdout=writing, stderr=subprocess.PIPE, env=world.environ, cwd=world.repository, timeout=100, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
    assert (world.repository / "podium.toml").exists() is (line in ("init --yes", "log")), "what it does is done"


@pytest.mark.parametrize("line", ["podium init --yes >/dev/full", "podium completion bash --json >/dev/full"])
def test_an_output_that_cannot_be_written_is_an_error_that_says_so(world: World, line: str) -> None:
    done = shell(world, line)
    assert done.returncode == 1
    assert done.stderr == "error: standard output: the output cannot be written: No space left on device\n"


def test_closed_streams_are_no_error_and_no_file_takes_their_place(world: World) -> None:
    assert shell(world, "podium init --yes >&- 2>&- <&-").returncode == 0
    assert (world.repository / "podium.toml").exists()
    assert shell(world, "podium status 2>&-").stdout.startswith("shop")
    assert shell(world, "podium nosuch >&-").returncode == 2
    assert shell(world, "podium nosuch 2>/dev/full").returncode == 2
    assert world.podium("ledger", "verify").code == 0


def test_colour_is_forced_into_a_pipe_and_forbidden_again(world: World) -> None:
    world.podium("init", "--yes")
    assert "\x1b[" not in world.podium("status").out
    assert "\x1b[1mshop" in world.podium("status", FORCE_COLOR="1").out
    assert "\x1b[" not in world.podium("status", FORCE_COLOR="1", NO_COLOR="1").out
    assert json.loads(world.podium("status", "--json", CLICOLOR_FORCE="1").out)["project"] == "shop"


def test_the_environment_says_what_a_terminal_can_show() -> None:
    def facts(**environ: str) -> TerminalFacts:
        return terminal_facts(environ, no_color=False)

    assert facts(TERM="xterm") == TerminalFacts(color=None, moving=True, unicode=True)
    assert facts(TERM="dumb") == facts() == TerminalFacts(color=False, moving=False, dumb=True)
    assert facts(TERM="xterm", CI="true") == TerminalFacts(color=None, moving=False)
    assert facts(TERM="xterm", CI="false", CLICOLOR="0") == TerminalFacts(color=False)
    assert facts(TERM="dumb", CLICOLOR_FORCE="1").color is True
    assert facts(TERM="xterm", FORCE_COLOR="0").color is False
    assert not facts(TERM="xterm", LANG="en_US.UTF-8", LC_ALL="C").unicode
    assert facts(TERM="xterm", LANG="C", LC_ALL="C.UTF-8").unicode


def test_without_utf_8_signs_are_ascii_and_json_stays_json(world: World) -> None:
    world.podium("init", "--yes")
    world.write("specs/arrow.md", "# From 1 → 10 € and 𝄞\n")
    assert world.podium("status", LC_ALL="C").out.startswith("shop -> main")
    assert world.podium("status").out.startswith("shop → main")
    listed = world.podium("spec", "list", "--json", PYTHONIOENCODING="latin-1")
    assert listed.out.isascii()
    assert "From 1 → 10 € and 𝄞" in str(listed.json)


_EVERY_HELP = """
import os, click
from podium.cli.catalogue import SUBVERBS, VERBS
from podium.cli.group import load
from podium.cli.main import program
entries = [*VERBS.values(), *(entry for table in SUBVERBS.values() for entry in table.values())]
commands = [program(), *map(load, entries)]
for columns in (30, 40, 60, 80, 100):
    os.environ["COLUMNS"] = str(columns)
    for command in commands:
        with command.context_class(command, info_name="podium") as context:
            told = command.get_help(context).partition("\\nExample")[0]
        flags = [flag for each in command.params for flag in (*each.opts, *each.secondary_opts) if flag[0] == "-"]
        for line in told.splitlines():
            if len(line) > columns or line != line.rstrip() or line.endswith("-") or not told.isascii():
                print(columns, command.name, repr(line))
        for flag in flags:
            shown = flag in told or next(each.hidden for each in command.params if flag in each.opts)
            print(columns, command.name, "lacks", flag) if not shown else None
"""


def test_every_help_fits_the_terminal_however_narrow_and_breaks_no_option(world: World) -> None:
    done = subprocess.run([sys.executable, "-c", _EVERY_HELP], env=world.environ, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")
