"""The program as a whole: help, options, errors, exit codes, speed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli_world import World

from podium.cli.catalogue import SECTIONS, SUBVERBS, VERBS, Entry
from podium.cli.group import LazyGroup, load

ALL_VERBS: dict[str, Entry] = VERBS | {f"{g} {n}": e for g, table in SUBVERBS.items() for n, e in table.items()}


def test_help_groups_the_verbs_by_the_flow(world: World) -> None:
    result = world.podium("--help")
    assert result.code == 0
    positions = [result.out.find(f"\n{s}:\n") for s in SECTIONS if any(e.section == s for e in VERBS.values())]
    assert -1 not in positions
    assert positions == sorted(positions)
    for name, entry in VERBS.items():
        assert (f"  {name} " in result.out) is not entry.hidden


@pytest.mark.parametrize("name", sorted(ALL_VERBS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = load(ALL_VERBS[name])
    text = command.get_help(click.Context(command, info_name=f"podium {name}"))
    assert "Example" in text
    assert f"podium {name}" in text.split("Example", 1)[1]
    assert (command.help or "").strip().splitlines()[0] == ALL_VERBS[name].short
    assert isinstance(command, LazyGroup) or "--json" in text


def test_the_version_is_printed(world: World) -> None:
    result = world.podium("--version")
    assert result.code == 0
    assert result.out.startswith("podium ")


def test_importing_the_program_loads_nothing_heavy() -> None:
    code = "import sys, podium.cli.main; print(sorted(m for m in sys.modules if '.' not in m))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"sqlalchemy", "dbos", "acp", "rich", "pydantic", "pygments", "markdown_it"} & set(eval(out))


def test_an_unknown_command_gets_the_nearest_name_and_exit_code_2(world: World) -> None:
    result = world.podium("completoin")
    assert result.code == 2
    assert "there is no command 'completoin'; did you mean 'completion'?" in result.err
    assert result.out == ""


def test_an_unknown_option_gets_the_nearest_name(world: World) -> None:
    result = world.podium("completion", "bash", "--jsno")
    assert result.code == 2
    assert "did you mean '--json'?" in result.err


def test_a_wrong_call_with_json_still_prints_one_document(world: World) -> None:
    result = world.podium("-C", "/no/such/place", "init", "--json")
    assert result.code == 2
    assert result.json["error"]["where"] == "/no/such/place"


def test_no_command_shows_the_help_and_exits_2(world: World) -> None:
    result = world.podium()
    assert result.code == 2
    assert "Usage: podium" in result.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(world: World, shell: str) -> None:
    result = world.podium("completion", shell)
    assert result.code == 0
    assert "_PODIUM_COMPLETE" in result.out


def complete(world: World, line: str) -> list[str]:
    words = line.split(" ")
    result = world.podium(_PODIUM_COMPLETE="bash_complete", COMP_WORDS="podium " + line, COMP_CWORD=str(len(words)))
    return [row.split(",", 1)[1] for row in result.out.splitlines()]


def test_verbs_complete_in_the_shell(world: World) -> None:
    assert "completion" in complete(world, "comp")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_the_tasks_of_the_plans_and_nothing_that_it_would_read_as_more_than_a_name(world: World) -> None:
    specs = world.repository / "specs"
    specs.mkdir(exist_ok=True)
    plan = '[[task]]\nid = "T1"\n[[task]]\nid = "T2"\n[[task]]\nid = "T*\\n$(touch owned)"\n'
    (specs / "shop.plan.toml").write_text(plan)
    script = (
        'eval "$(podium completion bash)"; '
        'COMP_WORDS=(podium review shop/); COMP_CWORD=2; _podium_completion podium; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env=world.environ | {"PATH": f"{Path(sys.executable).parent}:{world.environ['PATH']}"},
        cwd=world.repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["shop/T1", "shop/T2"], done.stderr
    assert not (world.repository / "owned").exists()


def test_no_colour_codes_leave_a_pipe(world: World) -> None:
    assert "\x1b" not in world.podium("--help").out


def test_an_unforeseen_error_is_one_line_and_keeps_its_traceback_in_the_state_directory(world: World) -> None:
    broken = (
        "import sys, types, click\n"
        "from podium.cli import catalogue, context, main\n"
        "module = types.ModuleType('podium.cli.broken')\n"
        "module.command = click.Command('broken', callback=lambda: 1 // 0)\n"
        "sys.modules['podium.cli.broken'] = module\n"
        "catalogue.VERBS['broken'] = catalogue.Entry('broken', 'x', 'Run')\n"
        "import os; sys.exit(main.run(sys.argv[1:], context.Context(os.environ)))\n"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-c", broken, *arguments]
        return subprocess.run(
            call, env=world.environ, cwd=world.repository, capture_output=True, text=True, check=False
        )

    quiet = run("broken")
    assert quiet.returncode == 1
    assert quiet.stderr.startswith("error: Podium broke: ZeroDivisionError: ")
    assert "Traceback" not in quiet.stderr
    kept = list((world.base / "state").glob("crash-*.txt"))
    assert len(kept) == 1
    assert str(kept[0]) in quiet.stderr
    assert "ZeroDivisionError" in kept[0].read_text()
    assert "Traceback" in run("--debug", "broken").stderr


def test_a_reader_that_goes_away_is_no_error(world: World) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "podium.cli.main", "completion", "bash"],
        stdout=writing, stderr=subprocess.PIPE, env=world.environ, cwd=world.repository, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 141


def test_main_is_one_of_the_console_scripts() -> None:
    assert Path(sys.executable).with_name("podium").exists()


def test_a_corrupt_database_is_an_error_with_what_to_do_and_is_left_alone(world: World) -> None:
    (world.base / "state").mkdir()
    place = world.base / "state" / "podium.db"
    place.write_bytes(b"garbage" * 100)
    result = world.podium("status")
    assert result.code == 1
    assert "podium.db" in result.err
    assert "backup" in result.err
    assert place.read_bytes() == b"garbage" * 100


def test_a_state_directory_that_cannot_be_made_is_an_error_with_what_to_do(world: World) -> None:
    (world.base / "file").write_text("in the way")
    result = world.podium("init", "--yes", "--state", str(world.base / "file"))
    assert result.code in (1, 2)
    assert str(world.base / "file") in result.err
    assert not (world.repository / "podium.toml").exists()


def test_what_the_output_cannot_show_is_no_reason_to_fail(world: World) -> None:
    world.podium("init", "--yes")
    world.write("specs/arrow.md", "# From 1 → 10 €\n")
    result = world.podium("spec", "list", PYTHONIOENCODING="latin-1")
    assert result.code == 0, result.err
    assert result.out.isascii()
