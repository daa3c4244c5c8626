"""`specs/NAME.md` to a `Spec`, and the template of a new one."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal

from podium.kernel.errors import UsageError
from podium.spec.blob import blob_id
from podium.spec.model import Clause, Spec
from podium.spec.outline import Outline, RawClause, read_outline

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
RISKS = ("low", "medium", "high")


def check_name(name: str) -> str:
    """The name of a spec, unchanged. Raises UsageError, with a name that would do, for any other text."""
    if _NAME.fullmatch(name) and len(name) <= 80:
        return name
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80]
    raise UsageError(
        f"{name!r} is not a name for a spec",
        do=f"Use small letters, digits and '-', such as: {slug or 'rate-limit'}",
    )


def spec_name(path: str) -> str:
    """The name that a spec's path gives it. Raises UsageError for a path that cannot be a spec's."""
    name = PurePosixPath(path).name
    if not name.endswith(".md"):
        raise UsageError("a spec is a Markdown file", where=path, do="Name it NAME.md.")
    return check_name(name.removesuffix(".md"))


def spec_path(specs: str, name: str) -> str:
    """Where the spec of this name is kept: `specs/NAME.md`."""
    return f"{specs}/{name}.md"


def parse_spec(content: bytes | str, path: str) -> Spec:
    """The spec in a document; its name is that of the file.

    Lenient: what is missing is empty, and left to `podium.spec.rules.lint`. Raises UsageError for a document that
    cannot be read (see `read_outline`), or a file name that is not a spec's.
    """
    name = spec_name(path)
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    outline = read_outline(raw, path)
    intent, out = outline.section("intent"), outline.section("out of scope")
    owner = outline.front.text("owner")
    return Spec(
        name=name,
        title=_title(outline) or name,
        owner=owner.text if owner else "",
        risk=_risk(outline),
        scope=tuple(word.text for word in outline.front.words("scope")),
        intent=intent.text if intent else "",
        clauses=tuple(_clause(clause) for clause in outline.clauses),
        out_of_scope=out.text if out else "",
        text=outline.text,
        blob=blob_id(raw),
        path=path,
    )


def _title(outline: Outline) -> str:
    title = outline.front.text("title")
    if title is not None:
        return " ".join(title.text.split())
    return " ".join(outline.title.text.split()) if outline.title else ""


def _risk(outline: Outline) -> Literal["low", "medium", "high"]:
    """The risk as given; medium when it is not given; high, the careful reading, when it is not understood."""
    risk = outline.front.text("risk")
    if risk is None:
        return "medium"
    said = risk.text.lower()
    return "low" if said == "low" else "medium" if said == "medium" else "high"


def _clause(raw: RawClause) -> Clause:
    check = raw.checks[0] if len(raw.checks) == 1 else ""
    if len(raw.checks) > 1:
        # Each in a shell of its own, so that one cannot change folder under the next; the first to fail ends it.
        check = "\n".join(["set -e", *(f"(\n{one}\n)" for one in raw.checks)])
    return Clause(id=raw.id, kind=raw.kind, text=raw.text, line=raw.line, column=raw.column, check=check)


def new_spec(name: str, title: str = "", owner: str = "") -> str:
    """The text of a new spec: a form to fill in, with an example of each part in a comment."""
    check_name(name)
    plain = " ".join(title.split()) or name.replace("-", " ").capitalize()
    return _TEMPLATE.format(title=_yaml(plain), heading=plain, owner=_yaml(" ".join(owner.split())))


def _yaml(text: str) -> str:
    if re.search(r"""[:#'"\\\[\]{}&*!|>%@`,]|^[-?\s]|\s$""", text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


_TEMPLATE = """---
title: {title}
owner: {owner}
risk: medium  # low, medium or high
scope: []     # the files that may change, as globs: [src/limit/**, tests/limit/**]
---

# {heading}

## Intent

<!-- Two or three sentences: who needs this, and what is different for them once it is there. -->

## Behaviour

<!-- One demand a line: who does what, when, with numbers. A check is a command that exits 0 when the demand holds.
- B1: The server answers the 101st request of a client within 60 seconds with status 429.
  check: `pytest -q tests/limit -k burst`
-->

- B1:

## Edge cases

<!-- Empty, missing, too large, malformed, twice, at the same time, in the wrong order: what happens then?
- E1: A request without a client id counts against the address it comes from.
-->

- E1:

## Done

<!-- What else must be true before this is finished: tests, documents, migrations.
- D1: Every clause above has a test, and `make test` exits 0.
-->

- D1:

## Out of scope

<!-- What a reader might expect here and will not get. -->
"""
