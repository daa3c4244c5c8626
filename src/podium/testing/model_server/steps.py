"""The script of a scripted model: prompts, and what the model does in answer to each.

A script is a TOML or JSON file::

    [[prompts]]
    match = "rate-limit/T1"                    # regular expression, searched in the texts that the user side sent
    steps = [
      { do = "look" },
      { do = "read", path = "src/limit.py" },  # some agents refuse to edit a file that they have not read
      { do = "fail", status = 529 },           # the next turn fails once, then it is answered
      { do = "edit", path = "src/limit.py", old = "LIMIT = 5", new = "LIMIT = 6" },
      { do = "run", command = "python -m pytest -q" },
      { do = "say", text = "The limit is 6." },
    ]

The actions are those of `podium.testing.actions` that a model can have done by tools, and the faults below. Give a
`match` that only the prompt holds: agents send reminders and summaries of their own in the name of the user. An agent
that edits by patches needs `old` to be whole lines.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.testing.actions import Append, Delete, Edit, Look, Read, Refuse, Run, Say, Think, Usage, Write


class _Fault(Value, frozen=True, kw_only=True, tag_field="do", tag=str.lower, forbid_unknown_fields=True):
    """The base of all faults."""


class Fail(_Fault, frozen=True, kw_only=True):
    """The next turn is refused with this HTTP status, `times` times (0 = always)."""

    status: int = 529
    times: int = 1
    retry_after: float | None = None  # seconds, told in the header


class Cut(_Fault, frozen=True, kw_only=True):
    """The next turn's stream breaks off after that many events, `times` times (0 = always)."""

    after: int = 3
    times: int = 1


class Slow(_Fault, frozen=True, kw_only=True):
    """The next turn's stream waits before each event."""

    seconds: float = 0.05


class Malformed(_Fault, frozen=True, kw_only=True):
    """A turn of its own: a tool call whose arguments are no JSON, or lack all that the tool needs, or of no tool."""

    how: Literal["json", "arguments", "tool"] = "json"


class Huge(_Fault, frozen=True, kw_only=True):
    """Text of that many characters, in the turn in which it stands."""

    characters: int = 1_000_000


Tooled: TypeAlias = Look | Read | Write | Edit | Append | Delete | Run
"""What takes a tool: each ends a turn."""

Step: TypeAlias = Tooled | Say | Think | Usage | Refuse | Fail | Cut | Slow | Malformed | Huge


class Prompt(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the model does in answer to one prompt."""

    match: str
    steps: tuple[Step, ...] = ()


class ModelScript(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the scripted model knows."""

    prompts: tuple[Prompt, ...]
    workdir: str = "/workspace"  # paths in the steps are relative to it


class TurnPlan(Value, frozen=True, kw_only=True):
    """One answer of the model: some texts, and at most one tool call or misbehaviour at its end."""

    texts: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    action: Tooled | Malformed | None = None
    usage: Usage | None = None
    refused: bool = False
    fail: Fail | None = None
    cut: Cut | None = None
    slow: Slow | None = None


_FILLER = "This line is one of very many. "


def turns(steps: tuple[Step, ...]) -> tuple[TurnPlan, ...]:
    """The steps as turns: each ends with the step that takes a tool; the last one has none and ends the work."""
    done: list[TurnPlan] = []
    now = TurnPlan()
    for step in steps:
        match step:
            case Say(text=text):
                now = replace(now, texts=(*now.texts, text))
            case Huge(characters=count):
                filler = (_FILLER * (count // len(_FILLER) + 1))[:count]
                now = replace(now, texts=(*now.texts, filler))
            case Think(text=text):
                now = replace(now, thoughts=(*now.thoughts, text))
            case Usage():
                now = replace(now, usage=step)
            case Fail():
                now = replace(now, fail=step)
            case Cut():
                now = replace(now, cut=step)
            case Slow():
                now = replace(now, slow=step)
            case Refuse(text=text):
                return (*done, replace(now, texts=(*now.texts, text), refused=True))
            case _:
                done.append(replace(now, action=step))
                now = TurnPlan()
    return (*done, now if now.texts else replace(now, texts=("Done.",)))


def load(path: Path) -> ModelScript:
    """Read a script. Raises UsageError that names the file and the place in it."""
    try:
        text = path.read_bytes().decode()
        document: object = msgspec.json.decode(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"the script cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, msgspec.DecodeError) as error:
        raise UsageError(f"the script is neither TOML nor JSON: {error}", where=str(path)) from error
    try:
        script = msgspec.convert(document, ModelScript)
    except msgspec.ValidationError as error:
        do = "See the heads of podium/testing/model_server/steps.py and podium/testing/actions.py."
        raise UsageError(f"the script is wrong: {error}", where=str(path), do=do) from error
    for number, prompt in enumerate(script.prompts):
        try:
            re.compile(prompt.match)
        except re.error as error:
            raise UsageError(
                f"{prompt.match!r} is not a regular expression ({error})", where=f"{path}: prompts[{number}].match"
            ) from error
    return script


def save(script: ModelScript, path: Path) -> Path:
    """Write the script as JSON to `path`, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(script), indent=1))
    return path
