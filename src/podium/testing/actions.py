"""Every action that a script may hold: `do` names it, the other keys are the fields below.

Relative paths are relative to the session's working directory; absolute ones are taken as they are, `~` included, so
that a script can try to reach where it must not.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, get_args

from podium.kernel.value import Value


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


class _Action(Value, frozen=True, kw_only=True, tag_field="do", tag=_kebab, forbid_unknown_fields=True):
    """The base of all actions."""


# --- ordinary work ----------------------------------------------------------------------------------------------------


class Look(_Action, frozen=True, kw_only=True):
    """Lists a directory."""

    path: str = "."


class Read(_Action, frozen=True, kw_only=True):
    """Reads a file and shows its text in the tool call."""

    path: str


class Write(_Action, frozen=True, kw_only=True):
    """Writes a whole file, its directories included."""

    path: str
    text: str
    executable: bool = False


class Edit(_Action, frozen=True, kw_only=True):
    """Replaces the first `old` by `new`; the tool call fails when `old` is not there."""

    path: str
    old: str
    new: str


class Append(_Action, frozen=True, kw_only=True):
    """Adds text to the end of a file."""

    path: str
    text: str


class Delete(_Action, frozen=True, kw_only=True):
    """Deletes a file, or a directory with all it holds."""

    path: str


class Run(_Action, frozen=True, kw_only=True):
    """Runs a shell command in the working directory; output and exit code go into the tool call."""

    command: str
    seconds: float = 600.0  # killed after that


class Ask(_Action, frozen=True, kw_only=True):
    """Asks for permission, waits for the answer, and acts by it. A cancelled question counts as denied."""

    title: str
    kind: Literal["read", "edit", "delete", "move", "search", "execute", "think", "fetch", "other"] = "execute"
    command: str = ""
    path: str = ""
    allowed: tuple[Action, ...] = ()
    denied: tuple[Action, ...] = ()


class Say(_Action, frozen=True, kw_only=True):
    """A message to the user."""

    text: str


class Think(_Action, frozen=True, kw_only=True):
    """A thought."""

    text: str


class Plan(_Action, frozen=True, kw_only=True):
    """A plan: `entries`, of which the first `done` are completed."""

    entries: tuple[str, ...]
    done: int = 0


class Usage(_Action, frozen=True, kw_only=True):
    """Reports tokens (and cost, when it is given) as used since the last report."""

    input: int
    output: int
    cost_usd: float | None = None
    window: int = 200_000  # size of the pretended context window


class Refuse(_Action, frozen=True, kw_only=True):
    """Ends the round with the stop reason `refusal`."""

    text: str = "I will not do this."


class End(_Action, frozen=True, kw_only=True):
    """Ends the round at once, with this stop reason."""

    reason: Literal["end_turn", "max_tokens", "max_turn_requests", "refusal", "cancelled"] = "end_turn"


# --- time and sync ----------------------------------------------------------------------------------------------------


class Mark(_Action, frozen=True, kw_only=True):
    """Creates an empty file and says nothing of it: tells a test that this place was reached."""

    path: str


class WaitForFile(_Action, frozen=True, kw_only=True):
    """Waits until the file is there, or for `seconds` when that is above 0."""

    path: str
    seconds: float = 0.0


class Pause(_Action, frozen=True, kw_only=True):
    """Stands in for work that takes this long."""

    seconds: float


class Hang(_Action, frozen=True, kw_only=True):
    """Does nothing for ever. It still hears a cancel, unless `deaf`: then it reads nothing any more."""

    deaf: bool = False
    mark: str = ""  # path of a file that is made once it hangs


# --- misbehaviour -----------------------------------------------------------------------------------------------------


class Exit(_Action, frozen=True, kw_only=True):
    """The process exits, in the middle of the round."""

    code: int = 0


class Crash(_Action, frozen=True, kw_only=True):
    """The process kills itself with SIGKILL."""


class Flood(_Action, frozen=True, kw_only=True):
    """Prints `bytes` of noise in one line or many, on stdout, on stderr, or as well-formed messages."""

    bytes: int
    lines: bool = True
    to: Literal["stdout", "stderr", "messages"] = "stdout"


class InvalidJson(_Action, frozen=True, kw_only=True):
    """Prints a line on stdout that looks like JSON and is not."""

    text: str = '{"jsonrpc": "2.0", "method": "session/update", "params": {'


class StrayStdout(_Action, frozen=True, kw_only=True):
    """Prints a line on stdout that is not protocol at all, as a careless library does."""

    text: str = "warning: something wrote to stdout"


class ManyEvents(_Action, frozen=True, kw_only=True):
    """Sends that many numbered message chunks as quickly as it can."""

    count: int
    text: str = "event"


class Fork(_Action, frozen=True, kw_only=True):
    """Starts processes that live for `seconds`; as daemons (setsid, second fork) when `daemon`."""

    count: int
    seconds: float = 60.0
    daemon: bool = True
    holds_stdout: bool = False  # they keep the agent's pipes open, so that a reader never sees the end


class FillDisk(_Action, frozen=True, kw_only=True):
    """Writes a file until `megabytes` are there (0 = until it fails) and tells how far it came."""

    path: str = "fill.bin"
    megabytes: int = 0


class Allocate(_Action, frozen=True, kw_only=True):
    """Takes memory, touches it, and holds it for `seconds`."""

    megabytes: int
    seconds: float = 0.0


class Symlink(_Action, frozen=True, kw_only=True):
    """Makes a symbolic link."""

    path: str
    to: str


class PlantGit(_Action, frozen=True, kw_only=True):
    """Makes git run `payload` wherever a git that trusts this workspace's configuration looks at it."""

    payload: str  # shell command
    how: tuple[Literal["hooks", "fsmonitor", "filter", "diff", "nested"], ...] = (
        "hooks",
        "fsmonitor",
        "filter",
        "diff",
        "nested",
    )


class RewriteHistory(_Action, frozen=True, kw_only=True):
    """Replaces all history by one commit and deletes every other branch."""


class DeleteWorkspace(_Action, frozen=True, kw_only=True):
    """Deletes all that the working directory holds, `.git` included."""


class IgnoreCancel(_Action, frozen=True, kw_only=True):
    """From here on a cancel is heard and not obeyed."""


Action: TypeAlias = (
    Look
    | Read
    | Write
    | Edit
    | Append
    | Delete
    | Run
    | Ask
    | Say
    | Think
    | Plan
    | Usage
    | Refuse
    | End
    | Mark
    | WaitForFile
    | Pause
    | Hang
    | Exit
    | Crash
    | Flood
    | InvalidJson
    | StrayStdout
    | ManyEvents
    | Fork
    | FillDisk
    | Allocate
    | Symlink
    | PlantGit
    | RewriteHistory
    | DeleteWorkspace
    | IgnoreCancel
)

ACTION_NAMES: tuple[str, ...] = tuple(_kebab(each.__name__) for each in get_args(Action))
