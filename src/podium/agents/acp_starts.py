"""How known programs that speak ACP are started: what each of them needs to find its model and to leave the network be.

A program that is not known here is started as it is configured. The variables `OPENAI_BASE_URL` and their like are
already in the sandbox (podium.workspaces.gateway.kinds); here is only what a program wants besides.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from podium.agents.driver import AgentTask
from podium.agents.start import PLACEHOLDER_KEY, Start

# Gemini CLI 0.61 names a session's file by the minute and the session; told to load one within the minute in which it
# was last at work, it writes its new beginning over what it was to load. So the file gets a name of another minute. The
# beginnings that it leaves beside it make its clean-up of empty sessions remove all files of that id: so that is off.
_GEMINI: Final = (
    "wish=$1; shift; "
    'if [ -n "$wish" ]; then for found in "$HOME"/.gemini/tmp/*/chats/session-*-"$wish".jsonl; do '
    'kept="${found%/*}/session-2000-01-01T00-00-$wish.jsonl"; '
    'if [ -f "$found" ] && [ ! -e "$kept" ]; then mv "$found" "$kept"; fi; done; fi; exec "$@"'
)
_GEMINI_SETTINGS: Final[dict[str, object]] = {
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"disableAutoUpdate": True, "sessionRetention": {"enabled": False}},
}
_GEMINI_KEY: Final = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
# OpenCode asks before it leaves its directory and before it repeats itself, unless told otherwise. It is told in the
# settings of its HOME, so that an `opencode.json` of the repository can still have it ask.
_OPENCODE_SETTINGS: Final = {"permission": {"external_directory": "allow", "doom_loop": "allow"}}
_OPENCODE_PACKAGES: Final = {
    "anthropic": ("@ai-sdk/anthropic", "/v1"),
    "gemini": ("@ai-sdk/google", "/v1beta"),
    "openai": ("@ai-sdk/openai-compatible", "/v1"),
}


def start(task: AgentTask) -> Start:
    """The command, variables and files of an ACP agent for a task."""
    made = STARTS.get(program_of(task))
    return made(task) if made else Start(argv=task.command)


def program_of(task: AgentTask) -> str:
    """The name by which a program is known: as it is configured, whatever its links lead to."""
    first = task.program or (task.command[0] if task.command else "")
    return first.rpartition("/")[2]


def chooses_model(task: AgentTask) -> bool:
    """Whether the program was told its model as it started, so that nothing is left to ask for over the protocol."""
    return program_of(task) in ("gemini", "qwen", "copilot", "claude-agent-acp") or (
        program_of(task) in ("opencode", "codex-acp") and bool(task.model_url)
    )


def _gemini(task: AgentTask) -> Start:
    words = [*task.command]
    if "--approval-mode" not in words and "--yolo" not in words:
        words += ["--approval-mode", "yolo"]  # the sandbox is the boundary
    if task.model and "-m" not in words:
        words += ["-m", task.model]
    env = {"GEMINI_CLI_TRUST_WORKSPACE": "true"}
    settings = _GEMINI_SETTINGS
    if task.model_url:
        env |= {"GOOGLE_GEMINI_BASE_URL": task.model_url, "GEMINI_API_KEY": PLACEHOLDER_KEY}
        settings = settings | _GEMINI_KEY
    files = {".gemini/settings.json": json.dumps(settings)}
    wish = "".join(each for each in task.session[:8] if each.isalnum())
    return Start(argv=("/bin/sh", "-c", _GEMINI, "podium-session", wish, *words), env=env, files=files)


def _opencode(task: AgentTask) -> Start:
    env = {
        f"OPENCODE_DISABLE_{name}": "1" for name in ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")
    }
    if task.model_url:
        package, path = _OPENCODE_PACKAGES.get(task.api, _OPENCODE_PACKAGES["openai"])
        model = task.model or "default"
        provider: dict[str, object] = {
            "npm": package,
            "options": {"baseURL": task.model_url + path, "apiKey": PLACEHOLDER_KEY},
            "models": {model: {}},
        }
        chosen = f"podium/{model}"
        told: dict[str, object] = {
            "provider": {"podium": provider},
            "model": chosen,
            "small_model": chosen,
            "autoupdate": False,
        }
        env["OPENCODE_CONFIG_CONTENT"] = json.dumps(told | {"share": "disabled"})
    files = {".config/opencode/opencode.json": json.dumps(_OPENCODE_SETTINGS)}
    return Start(argv=task.command, env=env, files=files)


def _qwen(task: AgentTask) -> Start:
    words = [*task.command]
    if "--approval-mode" not in words and "--yolo" not in words:
        words += ["--approval-mode", "yolo"]
    env: dict[str, str] = {}
    if task.model_url:
        words += ["--auth-type", "openai"]
        env = {"OPENAI_BASE_URL": f"{task.model_url}/v1", "OPENAI_API_KEY": PLACEHOLDER_KEY}
    if task.model:
        env["OPENAI_MODEL"] = task.model
    return Start(argv=tuple(words), env=env)


def _copilot(task: AgentTask) -> Start:
    words = task.command
    if not any(word.startswith(("--allow-", "--deny-")) for word in words):
        words = (*words, "--allow-all-tools", "--allow-all-paths")
    if not task.model_url:
        return Start(argv=words, env={"COPILOT_MODEL": task.model} if task.model else {})
    env = {
        "COPILOT_PROVIDER_BASE_URL": f"{task.model_url}/v1",
        "COPILOT_PROVIDER_API_KEY": PLACEHOLDER_KEY,
        "COPILOT_MODEL": task.model or "gpt-5",
        "COPILOT_OFFLINE": "true",
    }
    return Start(argv=words, env=env)


def _claude(task: AgentTask) -> Start:
    env = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "IS_SANDBOX": "1"}
    if task.model_url:
        env |= {"ANTHROPIC_BASE_URL": task.model_url, "ANTHROPIC_API_KEY": PLACEHOLDER_KEY}
    if task.model:
        env["ANTHROPIC_MODEL"] = task.model
    # The settings of HOME: those of the repository can still have it ask.
    settings = {"permissions": {"defaultMode": "bypassPermissions"}}
    return Start(argv=task.command, env=env, files={".claude/settings.json": json.dumps(settings)})


def _codex(task: AgentTask) -> Start:
    env = {"INITIAL_AGENT_MODE": "agent-full-access", "NO_BROWSER": "1"}
    config: dict[str, object] = {"check_for_update_on_startup": False}
    if task.model_url:
        url = f"{task.model_url}/v1"
        provider = {"name": "podium", "base_url": url, "env_key": "OPENAI_API_KEY", "wire_api": "responses"}
        config |= {"model_providers": {"podium": provider}, "model_provider": "podium"}
        if task.model:
            config["model"] = task.model
        env |= {"MODEL_PROVIDER": "podium", "OPENAI_API_KEY": PLACEHOLDER_KEY}
    return Start(argv=task.command, env=env | {"CODEX_CONFIG": json.dumps(config)})


STARTS: Final[dict[str, Callable[[AgentTask], Start]]] = {
    "gemini": _gemini,
    "opencode": _opencode,
    "qwen": _qwen,
    "copilot": _copilot,
    "claude-agent-acp": _claude,
    "codex-acp": _codex,
}
