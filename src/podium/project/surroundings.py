"""The parts of `podium.toml` about what is around an agent at work: services, env files, who is told, what is asked."""

from __future__ import annotations

import re
from typing import cast, get_args
from urllib.parse import urlsplit

from podium.project.model import AskFirst, Companion, Notify
from podium.project.toml_reader import Table

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")


def services_of(tables: Table) -> tuple[Companion, ...]:
    """The table `[environment.services]`: one table for each service."""
    found: list[Companion] = []
    for name, table in tables.named():
        if not _NAME.fullmatch(name):
            table.fault(None, f"{name!r} is not a name for a service.", "Use small letters, digits, '_' and '-'.")
        service = Companion(
            name=name,
            command=table.text("command").strip(),
            ready=table.text("ready").strip(),
            seconds=table.number("seconds", 30.0),
        )
        if not service.command or "\0" in service.command + service.ready:
            table.fault("command", f"Service {name!r} has no command.", 'Add a line command = "...".')
        table.finish()
        found.append(service)
    return tuple(found)


def env_files_of(table: Table) -> tuple[str, ...]:
    """`env_files`: plain paths inside the repository."""
    paths = table.texts("env_files")
    for path in paths:
        parts = path.split("/")
        if path.startswith("/") or "\0" in path or {"..", ".git", ""} & set(parts):
            table.fault("env_files", f"{path!r} is no path inside the repository.", 'Write one such as ".env".')
    return paths


def notify_of(table: Table) -> Notify:
    """The table `[notify]`."""
    notify = Notify(
        desktop=table.flag("desktop", False),
        command=table.text("command").strip(),
        webhook=table.text("webhook").strip(),
    )
    if notify.webhook:
        try:
            parts = urlsplit(notify.webhook)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not good:
            table.fault("webhook", "That is no URL.", 'Write one such as "https://hooks.example.org/podium".')
    table.finish()
    return notify


def ask_first_of(table: Table) -> AskFirst:
    """`ask_first` below `[run]`."""
    wish = table.text("ask_first", "high-risk")
    known = get_args(AskFirst)
    if wish not in known:
        choices = ", ".join(f'"{each}"' for each in known)
        table.fault("ask_first", f"ask_first is {wish!r}.", f"Write one of: {choices}.")
        return "high-risk"
    return cast("AskFirst", wish)
