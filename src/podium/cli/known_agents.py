"""Agents that speak the Agent Client Protocol, and how each is started. Any other one is a command in podium.toml."""

from __future__ import annotations

import shutil

KNOWN: dict[str, tuple[str, ...]] = {
    "claude": ("claude-agent-acp",),
    "codex": ("codex-acp",),
    "gemini": ("gemini", "--acp"),
    "opencode": ("opencode", "acp"),
    "qwen": ("qwen", "--acp"),
    "copilot": ("copilot", "--acp"),
    "goose": ("goose", "acp"),
}


def installed(path: str) -> dict[str, tuple[str, ...]]:
    """Those whose program is found by this PATH."""
    return {name: command for name, command in KNOWN.items() if shutil.which(command[0], path=path)}
