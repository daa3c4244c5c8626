"""Specs and plans as they lie in the repository: found by name, read, parsed."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from podium.cli.context import Context
from podium.cli.names import PLAN_SUFFIX, spec_names
from podium.kernel.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from podium.conductor.order_run import Documents
    from podium.plan.model import Plan
    from podium.spec.model import Spec

LARGEST = 10_000_000
"""Bytes of the largest document that is read; the parsers refuse far smaller ones, with a reason."""


def spec_file(context: Context, name: str) -> Path:
    """Where the spec of this name is kept, relative to the root."""
    return Path(context.settings.specs) / f"{name}.md"


def plan_file(context: Context, name: str) -> Path:
    """Where the plan of this spec is kept, relative to the root."""
    return Path(context.settings.specs) / f"{name}{PLAN_SUFFIX}"


def read_spec(context: Context, name: str) -> Spec:
    """The spec of this name. Raises NotFoundError with the nearest name, UsageError for an unreadable document."""
    from podium.spec.parse import check_name, parse_spec

    path = spec_file(context, name)
    content = _bytes(context.root / path)
    if content is None:
        near = difflib.get_close_matches(name, spec_names(context), n=1)
        do = f"Did you mean {near[0]}?" if near else f"Begin it: podium spec new {check_name(name)}"
        raise NotFoundError("there is no such spec", where=str(path), do=do)
    return parse_spec(content, str(path))


def read_plan(context: Context, name: str) -> Plan:
    """The plan of this spec. Raises NotFoundError when there is none, UsageError for a document that is no plan."""
    from podium.plan.parse import parse_plan
    from podium.spec.parse import check_name

    path = plan_file(context, name)
    content = _bytes(context.root / path)
    if content is None:
        raise NotFoundError(
            "there is no plan yet", where=str(path), do=f"Draft one: podium plan draft {check_name(name)}"
        )
    return parse_plan(content, str(path), name)


def documents(context: Context, name: str) -> Documents:
    """What spec and plan are now, as git would name their contents; empty where there is none."""
    from podium.conductor.order_run import Documents
    from podium.spec.blob import blob_id

    spec, plan = (_bytes(context.root / find(context, name)) for find in (spec_file, plan_file))
    return Documents(
        spec_blob="" if spec is None else blob_id(spec),
        plan_blob="" if plan is None else blob_id(plan),
    )


def _bytes(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}", where=str(path)) from error
