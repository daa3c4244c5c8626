"""Agents that Podium knows by name: how each is started, what it can do, how it is installed. Pure data.

What it can do was found by running it (docs/reference/agents.md is written by those runs). Any other program that
speaks ACP is a command in `podium.toml`; any other program at all is one with `driver = "shell"`.
"""

from __future__ import annotations

import re
import shutil
from typing import Final

from podium.kernel.value import Value


class Can(Value, frozen=True, kw_only=True):
    """What an agent can do under its driver. None: nobody has tried it."""

    resume: bool | None = None  # go on with a conversation in a new process
    permissions: bool | None = None  # ask before it acts, where it is told to
    cost: bool | None = None  # tell money itself (the gateway meters all of them)
    model: bool | None = None  # take the model that Podium names


class Known(Value, frozen=True, kw_only=True):
    """One agent."""

    name: str
    title: str
    driver: str
    command: tuple[str, ...]
    install: str
    can: Can = Can()
    version: str = ""  # the one that was tried; empty = none was


def _of(
    name: str, title: str, command: str, install: str, *, driver: str = "acp", version: str = "", can: str = ""
) -> Known:
    """`can` is four letters, y n or ?, for resume, permissions, cost and model."""
    told = [{"y": True, "n": False}.get(letter) for letter in can.ljust(4, "?")]
    able = Can(resume=told[0], permissions=told[1], cost=told[2], model=told[3])
    return Known(
        name=name,
        title=title,
        driver=driver,
        command=tuple(command.split()),
        install=install,
        can=able,
        version=version,
    )


KNOWN: Final = (
    _of("claude", "Claude Code", "claude", "npm install -g @anthropic-ai/claude-code",
        driver="claude", version="2.1.330", can="yyyy"),
    _of("codex", "Codex", "codex", "npm install -g @openai/codex", driver="codex", version="0.169.0", can="yyny"),
    _of("gemini", "Gemini CLI", "gemini --acp", "npm install -g @google/gemini-cli", version="0.61.0", can="yyny"),
    _of("opencode", "OpenCode", "opencode acp", "npm install -g opencode-ai", version="1.18.33", can="yyny"),
    _of("mini", "mini-swe-agent", "mini", "uv tool install mini-swe-agent", driver="mini", version="2.4.6", can="nnyy"),
    _of("qwen", "Qwen Code", "qwen --acp", "npm install -g @qwen-code/qwen-code", version="0.24.4", can="yyny"),
    _of("copilot", "Copilot CLI", "copilot --acp", "npm install -g @github/copilot", version="1.0.102", can="yyny"),
    _of("claude-acp", "Claude Code by its ACP adapter", "claude-agent-acp",
        "npm install -g @agentclientprotocol/claude-agent-acp", version="0.101.0", can="yyyy"),
    _of("codex-acp", "Codex by its ACP adapter", "codex-acp", "npm install -g @agentclientprotocol/codex-acp",
        version="2.6.0", can="y?ny"),
    _of("goose", "goose", "goose acp", "see https://block.github.io/goose"),
    _of("cursor", "Cursor", "agent acp", "see https://cursor.com/cli"),
    _of("kimi", "Kimi CLI", "kimi acp", "uv tool install kimi-cli"),
    _of("auggie", "Auggie", "auggie --acp", "npm install -g @augmentcode/auggie"),
    _of("vibe", "Mistral Vibe", "vibe-acp", "uv tool install mistral-vibe"),
)  # fmt: skip


def known(name: str) -> Known | None:
    """The agent of that name."""
    return next((each for each in KNOWN if each.name == name), None)


def by_program(program: str) -> Known | None:
    """The agent whose program has that name (the last part of a path)."""
    base = program.rpartition("/")[2]
    return next((each for each in KNOWN if each.command[0] == base), None)


def beside_tried(told: str, tried: str) -> str:
    """How the version that an agent tells is to the one that was tried; empty where they are one, or none is known."""
    found, known = (re.search(r"\d+(?:\.\d+)+", text) for text in (told, tried))
    if found is None or known is None or found[0] == known[0]:
        return ""
    here, there = ([int(part[:9]) for part in each[0].split(".")] for each in (found, known))
    return f"{'newer' if here > there else 'older'} than {tried}, which Podium was tried with"


def installed(path: str) -> tuple[Known, ...]:
    """Those whose program is found by this PATH. An adapter counts only where the program itself is absent."""
    found = [each for each in KNOWN if shutil.which(each.command[0], path=path)]
    names = {each.name for each in found}
    return tuple(each for each in found if each.name.removesuffix("-acp") == each.name or each.name[:-4] not in names)
