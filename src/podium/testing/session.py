"""A session of the scripted agent, kept in a file, so that a new process can load it and go on."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec

from podium.testing.script import Script, ScriptedRound

_ID = re.compile(r"scripted-[0-9a-f]{16}")


class SessionState(msgspec.Struct, kw_only=True):
    """What is kept between processes."""

    task: int | None = None  # index in the script, chosen by the first prompt
    next_round: int = 0  # index of the round that an ordinary next prompt gets
    playing: int | None = None  # index of the round that began and has not ended
    finished: list[str] = msgspec.field(default_factory=list[str])  # actions of that round, see `Turn.play`
    answers: dict[str, bool] = msgspec.field(default_factory=dict[str, bool])  # questions of that round: allowed?
    history: list[tuple[str, str]] = msgspec.field(default_factory=list[tuple[str, str]])  # ("user" or "agent", text)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class Session:
    """One conversation. Every change is written to `HOME/.podium-scripted/ID.json` at once."""

    def __init__(self, id: str, file: Path, state: SessionState) -> None:  # noqa: A002  # the protocol's own word
        self.id = id
        self.state = state
        self._file = file

    @classmethod
    def new(cls, home: Path, random: bytes) -> Session:
        """A session that nobody has spoken in; `random` are eight bytes."""
        name = f"scripted-{random.hex()}"
        session = cls(name, _file(home, name), SessionState())
        session.save()
        return session

    @classmethod
    def load(cls, home: Path, name: str) -> Session | None:
        """The session of that id as it was last saved; None when there is none, or its file is damaged."""
        if not _ID.fullmatch(name):
            return None
        file = _file(home, name)
        try:
            return cls(name, file, msgspec.json.decode(file.read_bytes(), type=SessionState))
        except (OSError, msgspec.DecodeError):
            return None

    def begin(self, script: Script, prompt: str) -> ScriptedRound | None:
        """The round that answers this prompt, or None when the script holds none.

        A round whose `match` is in the prompt; else the round that was interrupted, from its next action on; else the
        one after the last.
        """
        if self.state.task is None:
            self.state.task = script.choose(prompt)
        self.state.history.append(("user", prompt))
        if self.state.task is None or self.state.task >= len(script.tasks):
            return None
        rounds = script.tasks[self.state.task].rounds
        named = [n for n, each in enumerate(rounds) if each.match and re.search(each.match, prompt)]
        interrupted = self.state.playing
        ordinary = self.state.next_round if interrupted is None else interrupted
        chosen = named[-1] if named else ordinary
        if chosen >= len(rounds):
            return None
        if chosen != interrupted:
            self.state.playing, self.state.finished, self.state.answers = chosen, [], {}
        self.save()
        return rounds[chosen]

    def end(self) -> None:
        """The round is over, however it ended: the next prompt gets the next one."""
        if self.state.playing is not None:
            self.state.next_round = self.state.playing + 1
        self.state.playing = None
        self.save()

    def save(self) -> None:
        """Writes the state; a disk that is full costs the resumption, not the round."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self.state))
            fresh.replace(self._file)
        except OSError as error:
            sys.stderr.write(f"podium-scripted-agent: the session was not saved: {error}\n")


def _file(home: Path, name: str) -> Path:
    return home / ".podium-scripted" / f"{name}.json"
