from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from podium.kernel.errors import UsageError
from podium.testing import actions
from podium.testing.script import Script, load, one_round, parse, save
from podium.testing.scripted_agent import ACTIONS_FROM
from podium.testing.turn import perform


def test_a_saved_script_is_read_back_equal(tmp_path: Path) -> None:
    ask = actions.Ask(title="May I?", allowed=(actions.Say(text="yes"),), denied=(actions.Refuse(),))
    script = one_round(actions.Write(path="a", text="ä\n"), ask, match="T1")
    assert load(save(script, tmp_path / "deep" / "script.json")) == script


def test_the_example_at_the_head_of_the_module_is_a_script() -> None:
    import podium.testing.script as module

    example = (module.__doc__ or "").partition("::\n")[2].partition("\n\nA script")[0]
    script = parse("\n".join(line.removeprefix("    ") for line in example.splitlines()))
    assert [len(each.actions) for each in script.tasks[0].rounds] == [4, 1]


def test_rounds_at_the_top_are_a_script_for_every_prompt() -> None:
    script = parse('rounds = [{ actions = [{ do = "look" }] }]')
    assert script.choose("anything") == 0


def test_every_kind_of_action_can_be_performed() -> None:
    assert ACTIONS_FROM
    missing = [each.__name__ for each in get_args(actions.Action) if each not in perform.registry]
    assert missing == []


FIRST = "tasks[0].rounds[0].actions[0]"


@pytest.mark.parametrize(
    ("text", "where", "what", "do"),
    [
        (
            'rounds=[{actions=[{do="wirte",path="x"}]}]',
            f"{FIRST}.do",
            "no action 'wirte'",
            "'write'",
        ),
        ('rounds=[{actions=[{do="read"}]}]', FIRST, "required field `path`", "actions.py"),
        (
            'rounds=[{actions=[{do="look",pth="x"}]}]',
            FIRST,
            "unknown field `pth`",
            "actions.py",
        ),
        ("rounds=3", "tasks[0].rounds", "expected `array`", "script.py"),
        ("[[tasks]]\nmatch='('\nrounds=[]", "tasks[0].match", "not a regular expression", "Escape"),
        ("tasks=[]\nrest=1", "script", "unknown field `rest`", "script.py"),
        ("", "script", "required field `tasks`", "Give `rounds`"),
        ("a =", "script", "not valid TOML", "Mend"),
    ],
)
def test_a_wrong_script_is_refused_with_the_place_and_what_to_write(text: str, where: str, what: str, do: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert where in caught.value.where
    assert what in caught.value.what
    assert do in caught.value.do


@pytest.mark.parametrize("text", ["[]", "3", "{", '{"tasks": {}}'])
def test_wrong_json_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text, json=True)


def test_a_script_that_is_absent_or_binary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        load(tmp_path / "binary.toml")


def _program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "podium-scripted-agent"), *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_the_program_ends_with_2_and_a_message_for_a_wrong_script(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("rounds = 3")
    result = _program(str(path))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"podium-scripted-agent: error: {path}: tasks[0].rounds: expected")


def test_the_program_checks_a_script_and_explains_itself(tmp_path: Path) -> None:
    path = save(Script(tasks=()), tmp_path / "script.json")
    assert _program("--check", str(path)).returncode == 0
    assert "Example:" in _program("--help").stdout
