"""The boundary of a round in words: what its agent can reach, told before it starts."""

from __future__ import annotations

import re

import msgspec

from podium.cli.output import Output
from podium.cli.paragraphs import indented
from podium.ledger.event import Record
from podium.runs.events import BoundaryRecorded
from podium.runs.model import Boundary

_KEPT = re.compile(r" \((?:from|kept in) [^()]*\)")


def boundary_lines(output: Output, record: Record) -> list[str]:
    """The lines for the record of a boundary."""
    return told(output, msgspec.json.decode(record.data, type=BoundaryRecorded).boundary)


def told(output: Output, boundary: Boundary) -> list[str]:
    """Tier and agent, then what is readable, writable, reachable, known and limited.

    Where Podium keeps the workspace and HOME on this machine is left out; the ledger has it.
    """
    version = f" {boundary.agent_version}" if boundary.agent_version else ""
    digest = f" (sha256 {boundary.agent_sha256.removeprefix('sha256:')[:12]})" if boundary.agent_sha256 else ""
    lines = [f"boundary: {boundary.tier} sandbox for {output.safe(boundary.agent + version)}{digest}"]
    limits = ", ".join(f"{limit.name} {limit.value} ({_by(limit.by)})" for limit in boundary.limits)
    facts = (
        ("reads", ", ".join(boundary.readable)),
        ("writes", ", ".join(boundary.writable)),
        ("network", ", ".join(boundary.network) or "none"),
        ("set-up", output.safe(_set_up(boundary))),
        ("model", boundary.model),
        ("secrets", ", ".join(boundary.credentials) or "none"),
        ("limits", limits or "none"),
        ("weaker", boundary.weaker),
    )
    for name, text in facts:
        if text:
            short = indented(_KEPT.sub("", text), output.width, 11).lstrip()
            lines.append(f"  {output.paint(name.ljust(8), 'quiet')} {short}")
    return lines


def _set_up(boundary: Boundary) -> str:
    parts = [f"may reach {', '.join(boundary.setup_network)}"] if boundary.setup_network else []
    parts += [f"was refused {'; '.join(boundary.setup_refused)}"] if boundary.setup_refused else []
    return "; ".join(parts)


def _by(enforcer: str) -> str:
    return "not enforced" if enforcer == "none" else enforcer
