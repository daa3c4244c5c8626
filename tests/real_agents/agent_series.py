"""What one real agent can do here, found by having it do it: one row of the matrix in docs/reference/agents.md."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from real_bench import AGENTS, FIRST, INSTALLED, TEXT, RealBench, prompt

from podium.agents.event import Started, ToolCall
from podium.project.model import PermissionRule
from podium.supervisor.inbox import Stop
from podium.testing.actions import Edit, Read, Run, Say, Write
from podium.testing.model_server.steps import Fail

COLUMNS = (
    "agent", "version", "driver", "edits", "permission", "cancel", "resume", "resume on another HOME", "faults",
    "tokens", "cost", "sandboxed",
)  # fmt: skip
STORES = {
    "claude": (".claude/projects",),
    "codex": (".codex/sessions",),
    "gemini": (".gemini/tmp", ".gemini/projects.json"),
    "opencode": (".local/share/opencode",),
    "qwen": (".qwen/projects",),
    "copilot": (".copilot/session-state",),
    "claude-acp": (".claude/projects",),
    "codex-acp": (".codex/sessions",),
}
"""Where each keeps its sessions, in its HOME; nothing else is copied."""

Make = Callable[..., RealBench]
Row = dict[str, str]


def row(make: Make, name: str) -> Row:
    """Play the series."""
    found = {"agent": name, "driver": AGENTS[name].driver}
    found |= _edits(make, name)
    found |= _resume(make, name)
    found["cancel"] = _cancel(make, name)
    found["permission"] = _permission(make, name)
    return {column: found[column] for column in COLUMNS}


def _edits(make: Make, name: str) -> Row:
    """An edit, a new file and a command, with a provider that is overloaded at first; and is it in a sandbox?"""
    bench = make(
        name,
        prompt(
            Fail(status=529),
            Read(path="limit.py"),
            Edit(path="limit.py", old="LIMIT = 5", new="LIMIT = 6"),
            Write(path="why.txt", text="Because.\n"),
            Run(command=f"cat {Path(__file__)} > leak.txt 2>/dev/null; ls /workspace > seen.txt"),
            Say(text="Done."),
        ),
    )
    record = bench.play()
    edited = bench.upper / "limit.py"
    edits = edited.is_file() and edited.read_text() == TEXT.replace("5", "6") and (bench.upper / "why.txt").is_file()
    leaked = bench.upper / "leak.txt"
    walled = (bench.upper / "seen.txt").is_file() and leaked.is_file() and not leaked.read_text()
    retried = any(each.fault == "fail" for each in bench.server.journal.entries())
    told = [event.agent_version for event in bench.events(Started) if event.agent_version]
    installed = [place.name.removeprefix(f"{name}-") for place in INSTALLED.glob(f"{name}-[0-9]*")]
    return {
        "version": (told or installed)[0],
        "edits": _yes(edits),
        "faults": _yes(retried and record.outcome == "completed"),
        "tokens": _yes(record.usage.input_tokens),
        "cost": _yes(record.usage.cost_usd),
        "sandboxed": _yes(walled),
    }


def _resume(make: Make, name: str) -> Row:
    later = [
        prompt(Run(command=f"echo {word} > {word}"), Say(text="Refined."), match=f"Mend point {word}")
        for word in ("one", "two")
    ]
    bench = make(name, prompt(Say(text="I leave it as it is.")), *later)
    session = bench.play().session
    again = bench.play("Mend point one", session=session, start_seconds=90.0)
    fresh = bench.root / "another-home"
    fresh.mkdir()
    for store in STORES.get(name, ()):
        source = bench.home / store
        if source.exists():
            (fresh / store).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, fresh / store)
    bench.home = fresh
    moved = bench.play("Mend point two", session=session, start_seconds=90.0)
    told = [str(each.body) for each in bench.server.journal.entries() if each.prompt == 2]
    remembers = any(FIRST in each for each in told)  # some have a title made in a request of its own
    return {
        "resume": _yes(again.resumption == "session" and (bench.upper / "one").exists()),
        "resume on another HOME": _yes(moved.resumption == "session" and remembers and (bench.upper / "two").exists()),
    }


def _cancel(make: Make, name: str) -> str:
    bench = make(name, prompt(Run(command="touch begun; sleep 300; touch over"), Say(text="Never.")))
    bench.start()
    bench.wait_for(lambda: (bench.upper / "begun").exists(), "the command runs")
    bench.post(Stop(by="ada"))
    record = bench.end()
    return _yes(record.outcome == "stopped" and not (bench.upper / "over").exists())


def _permission(make: Make, name: str) -> str:
    if not AGENTS[name].can_ask:
        return "not tried" if AGENTS[name].driver == "acp" else "no"
    steps = (Read(path="limit.py"), Edit(path="limit.py", old="LIMIT = 5", new="LIMIT = 6"), Say(text="Done."))
    bench = make(name, prompt(*steps))
    bench.play(asks=True, permissions=(PermissionRule(action="deny", kind="*", match="*"),))
    tried = any(call.kind == "edit" for call in bench.events(ToolCall))
    return _yes(tried and not (bench.upper / "limit.py").exists())


def _yes(value: object) -> str:
    return "yes" if value else "no"
