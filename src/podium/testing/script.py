"""The script that the scripted agent plays: tasks, their rounds, and the actions of each round.

A script is a TOML or JSON file::

    [[tasks]]
    match = "rate-limit/T1"                    # regular expression, searched in the session's first prompt
    [[tasks.rounds]]                           # round 1: the first prompt of the session
    actions = [
      { do = "look" },
      { do = "write", path = "src/limit.py", text = "LIMIT = 5\\n" },
      { do = "run", command = "python -m pytest -q" },
      { do = "say", text = "The limit is in place." },
    ]
    [[tasks.rounds]]                           # round 2: the second prompt
    match = "P1"                               # optional: this round is played whenever the prompt holds this
    actions = [{ do = "edit", path = "src/limit.py", old = "5", new = "6" }]

A script for one task may leave `tasks` out and give `rounds` at the top.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.testing.actions import ACTION_NAMES, Action


class ScriptedRound(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done in answer to one prompt."""

    actions: tuple[Action, ...] = ()
    match: str = ""  # regular expression: a prompt that holds it is answered by this round, whatever its number


class ScriptedTask(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rounds of one task, chosen by the first prompt of a session."""

    rounds: tuple[ScriptedRound, ...]
    match: str = ""  # regular expression; empty matches every prompt


class Script(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that one scripted agent can do; the first task that matches is played."""

    tasks: tuple[ScriptedTask, ...]

    def choose(self, prompt: str) -> int | None:
        """The index of the first task whose `match` is found in the prompt; None when there is none."""
        for index, task in enumerate(self.tasks):
            if re.search(task.match, prompt):
                return index
        return None


_Document: TypeAlias = dict[str, Any]


def one_round(*actions: Action, match: str = "") -> Script:
    """A script with one task of one round."""
    return Script(tasks=(ScriptedTask(match=match, rounds=(ScriptedRound(actions=actions),)),))


def rounds(*each: tuple[Action, ...], match: str = "") -> ScriptedTask:
    """A task whose rounds are given as plain tuples of actions."""
    return ScriptedTask(match=match, rounds=tuple(ScriptedRound(actions=actions) for actions in each))


def save(script: Script, path: Path) -> Path:
    """Writes `script` as JSON to `path`, and returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(script), indent=1))
    return path


def load(path: Path) -> Script:
    """Reads a script. Raises UsageError that names the file and the place in it, and says what to write instead."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise UsageError(
            f"the script cannot be read ({error.strerror})", where=str(path), do="Give the path of a TOML or JSON file."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError("the script is not UTF-8 text", where=str(path), do="Save it as UTF-8.") from error
    return parse(text, where=str(path), json=path.suffix == ".json")


def parse(text: str, *, where: str = "script", json: bool = False) -> Script:
    """A script from TOML (or JSON) text. Raises UsageError as `load` does."""
    document = _document(text, where=where, json=json)
    if "rounds" in document and "tasks" not in document:
        document = {"tasks": [document]}
    try:
        script = msgspec.convert(document, Script)
    except msgspec.ValidationError as error:
        raise _located(error, document, where) from error
    _check_expressions(script, where)
    return script


def _document(text: str, *, where: str, json: bool) -> _Document:
    kind = "JSON" if json else "TOML"
    try:
        loaded: Any = msgspec.json.decode(text) if json else tomllib.loads(text)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the script is not valid {kind}: {error}", where=where, do=f"Mend the {kind}.") from error
    if not isinstance(loaded, dict):
        raise UsageError("the script is not a table", where=where, do='Start with {"rounds": [{"actions": [...]}]}.')
    return loaded  # pyright: ignore[reportUnknownVariableType]  # a table's keys are text in both languages


def _located(error: msgspec.ValidationError, document: _Document, where: str) -> UsageError:
    """msgspec's message ends in " - at `$.tasks[0].rounds[1]`": that is the place."""
    message, _, place = str(error).partition(" - at `")
    place = place.rstrip("`").removeprefix("$").lstrip(".")
    do = "See the head of podium/testing/script.py and podium/testing/actions.py for what a script may hold."
    if place.endswith(".do"):
        given = re.search(r"'(.*)'", message)
        near = difflib.get_close_matches(given[1] if given else "", ACTION_NAMES, n=1)
        message = f"there is no action {given[1]!r}" if given else message
        do = (f"Did you mean {near[0]!r}? " if near else "") + "Actions: " + ", ".join(ACTION_NAMES) + "."
    elif not place and "tasks" not in document:
        do = "Give `rounds`, or `tasks` with `rounds` in each."
    return UsageError(message[0].lower() + message[1:], where=f"{where}: {place}" if place else where, do=do)


def _check_expressions(script: Script, where: str) -> None:
    for number, task in enumerate(script.tasks):
        places = [(f"tasks[{number}].match", task.match)]
        places += [(f"tasks[{number}].rounds[{n}].match", each.match) for n, each in enumerate(task.rounds)]
        for place, expression in places:
            try:
                re.compile(expression)
            except re.error as error:
                raise UsageError(
                    f"{expression!r} is not a regular expression ({error})",
                    where=f"{where}: {place}",
                    do=f"Escape special characters, for example {re.escape(expression)!r}.",
                ) from error
