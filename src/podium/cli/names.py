"""Names that complete in the shell: specs, tasks and agents, read from the repository's own files.

Completion runs at every press of the Tab key, so it looks at file names and TOML only: no ledger, no git. A file that
cannot be read completes nothing; the verb itself will say what is wrong with it.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from click.shell_completion import CompletionItem

from podium.cli.context import SETTINGS_FILE, Context

PLAN_SUFFIX = ".plan.toml"
_PLAIN = re.compile(r"[\w./:+-]+")  # bash splits and globs what it is given: anything else is typed by hand

if TYPE_CHECKING:
    _Name = click.ParamType[str]
else:
    _Name = click.ParamType  # not generic before click 8.4


class SpecName(_Name):
    """The name of a spec, as in `specs/NAME.md`; the path of its file is taken as well."""

    name = "SPEC"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's
        return Path(value).name.removesuffix(PLAN_SUFFIX).removesuffix(".md")

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's
        return _items(spec_names(ctx.find_object(Context)), incomplete)


class TaskName(_Name):
    """The name of a task: `rate-limit/T2`, or `T2` where only one spec has it."""

    name = "TASK"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's
        return _items(task_names(ctx.find_object(Context)), incomplete)


class AnyName(_Name):
    """The name of a spec or of a task."""

    name = "NAME"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's
        context = ctx.find_object(Context)
        return _items(spec_names(context) + task_names(context), incomplete)


class AgentName(_Name):
    """The name of an agent in podium.toml."""

    name = "AGENT"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002 - click's
        return _items(agent_names(ctx.find_object(Context)), incomplete)


def spec_names(context: Context | None) -> list[str]:
    """The specs of the repository that has the current directory."""
    return sorted(path.stem for path in _specs(context).glob("*.md"))


def task_names(context: Context | None) -> list[str]:
    """Every task's full name, and its short one where only one plan has it."""
    full: list[str] = []
    for plan in sorted(_specs(context).glob(f"*{PLAN_SUFFIX}")):
        spec = plan.name.removesuffix(PLAN_SUFFIX)
        tasks: Any = _toml(plan).get("task", [])
        full += [f"{spec}/{task['id']}" for task in tasks if isinstance(task, dict) and "id" in task]
    counted = Counter(name.split("/")[1] for name in full)
    return [short for short, count in sorted(counted.items()) if count == 1] + full


def agent_names(context: Context | None) -> list[str]:
    """The agents that podium.toml names."""
    return sorted(_table(_settings(context), "agents"))


def _items(names: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete) and _PLAIN.fullmatch(name)]


def _specs(context: Context | None) -> Path:
    root = context.root_hint if context else None
    return (root or Path("/nonexistent")) / str(_table(_settings(context), "project").get("specs", "specs"))


def _settings(context: Context | None) -> dict[str, Any]:
    root = context.root_hint if context else None
    return _toml(root / SETTINGS_FILE) if root else {}


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
