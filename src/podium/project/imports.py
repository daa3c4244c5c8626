"""The parts of `podium.toml` about evidence that others give or use: reports, a package index, the exit code."""

from __future__ import annotations

import re
from typing import cast, get_args
from urllib.parse import urlsplit

from podium.project.model import FailOn, ImportedReport, ReportFormat
from podium.project.toml_reader import Table

ECOSYSTEMS = ("python", "npm", "cargo")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,60}")


def imports_of(tables: Table) -> tuple[ImportedReport, ...]:
    """The table `[evidence.import]`: one table for each tool."""
    found: list[ImportedReport] = []
    for name, table in tables.named():
        if not _NAME.fullmatch(name):
            table.fault(None, f"{name!r} is not a name for a tool.", "Use letters, digits, '.', '_' and '-'.")
        form = table.text("format")
        if form not in get_args(ReportFormat):
            known = ", ".join(f'"{each}"' for each in get_args(ReportFormat))
            table.fault("format", f"format is {form!r}.", f"Write one of: {known}.")
            form = "sarif"
        report = ImportedReport(
            name=name,
            command=table.text("command").strip(),
            format=cast("ReportFormat", form),
            file=table.text("file"),
            required=table.flag("required", False),
        )
        if not report.command or "\0" in report.command:
            table.fault("command", f"The tool {name!r} has no command.", 'Add a line command = "...".')
        if report.file and (report.file.startswith(("/", "-")) or {"..", ".git"} & set(report.file.split("/"))):
            table.fault(
                "file", f"{report.file!r} is no path inside the workspace.", 'Write one such as "report.sarif".'
            )
        table.finish()
        found.append(report)
    return tuple(found)


def fail_on_of(table: Table) -> FailOn | None:
    """`fail_on` below `[evidence]`; None where nothing is chosen."""
    wish = table.text("fail_on")
    if wish and wish not in get_args(FailOn):
        known = ", ".join(f'"{each}"' for each in get_args(FailOn))
        table.fault("fail_on", f"fail_on is {wish!r}.", f"Write one of: {known}.")
        return None
    return cast("FailOn", wish) if wish else None


def index_of(table: Table) -> dict[str, str]:
    """The table `[evidence.index]`: for each ecosystem the URL of an index, asked about new dependencies by name."""
    found = table.mapping("index")
    for name, url in found.items():
        if name not in ECOSYSTEMS:
            table.fault("index", f"{name!r} is no kind of index.", f"Write one of: {', '.join(ECOSYSTEMS)}.")
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.username)
        except ValueError:
            good = False
        if not good:
            table.fault(
                "index", f"{url!r} is no URL of an index.", 'Write one such as "https://index.example.org/pypi".'
            )
            return {}
    return {name: url.rstrip("/") for name, url in found.items()}
