"""How a test command is made to write a JUnit XML report without being changed.

pytest reads further options from PYTEST_ADDOPTS. That works for `pytest`, `python -m pytest`, `uv run pytest`, and for
`make test` or a shell script around them, and does nothing to a command that is not pytest: no command is rewritten,
and what reproduces an item of evidence stays the command that the person wrote.
"""

from __future__ import annotations

ADDOPTS = "PYTEST_ADDOPTS"


def junit_env(project: dict[str, str], extra: dict[str, str], name: str) -> dict[str, str]:
    """The environment of a request: `extra`, with the option that writes a report to `$PODIUM_OUT/NAME`.

    pytest expands environment variables in the report's path. Options that the project or the request sets itself
    are kept and come last, so that they win.
    """
    own = extra.get(ADDOPTS, project.get(ADDOPTS, ""))
    report = f"--junitxml=$PODIUM_OUT/{name}"
    return {**extra, ADDOPTS: f"{report} {own}".rstrip()}
