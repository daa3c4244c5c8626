"""A spec as it is written: its front matter, sections and clauses with their places, faults included.

`podium.spec.parse` makes a `Spec` of it, `podium.spec.rules` complains about it. People write clauses in many ways, and
all of these are one: `- B1: text`, `- **B1** text`, `- [ ] B1. text`, `B1 - text` as a paragraph of its own, and a
heading `### B1` with its text below. What is indented below a clause belongs to it. A check is a line `check:` with a
command, or a fenced block with the info string `check`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from podium.kernel.errors import UsageError
from podium.spec.front_matter import FrontMatter, read_front_matter
from podium.spec.model import ClauseKind

if TYPE_CHECKING:
    from markdown_it.token import Token

LARGEST = 256_000
"""Bytes of the largest spec that is read: some thousand lines, far more than a person can review."""

SectionKind = Literal["intent", "behaviour", "edge", "done", "out of scope", "other"]

_SECTIONS: dict[str, SectionKind] = {
    "intent": "intent",
    "why": "intent",
    "goal": "intent",
    "purpose": "intent",
    "behaviour": "behaviour",
    "behavior": "behaviour",
    "behaviours": "behaviour",
    "behaviors": "behaviour",
    "requirements": "behaviour",
    "edge cases": "edge",
    "edge case": "edge",
    "edges": "edge",
    "done": "done",
    "done when": "done",
    "definition of done": "done",
    "acceptance": "done",
    "acceptance criteria": "done",
    "out of scope": "out of scope",
    "not in scope": "out of scope",
    "non-goals": "out of scope",
    "non goals": "out of scope",
}
_KINDS: dict[str, ClauseKind] = {"B": "behaviour", "E": "edge", "D": "done"}
_PUNCTUATION = r"(?:[:.)\]]|\s*[\u2013\u2014-](?=\s))"
_ID = re.compile(
    r"(?:\[[ xX]\][ \t]+)?(?P<mark>[*_`]{0,3})(?P<id>[BEDbed][0-9]{1,4})(?![A-Za-z0-9/=+%'\u2019]|_\w)"
    rf"(?P<close>(?P=mark){_PUNCTUATION}*|{_PUNCTUATION}+(?P=mark)|{_PUNCTUATION}*)\s*"
)
_CHECK = re.compile(
    r"(?:[-*+][ \t]+)?[*_]{0,3}check(?:ed by|ed with)?[*_]{0,3}[ \t]*:[*_]{0,3}[ \t]*(.*)", re.IGNORECASE | re.DOTALL
)
_SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


class Line(NamedTuple):
    """One line of a clause's text; line and column are those of its first character, counted from 1."""

    text: str
    line: int
    column: int


class RawClause(NamedTuple):
    """A clause as it is written."""

    id: str
    kind: ClauseKind
    section: SectionKind
    line: int  # of its id
    column: int
    lines: tuple[Line, ...]
    checks: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


class Section(NamedTuple):
    """A heading with all that stands below it up to the next one of its kind."""

    kind: SectionKind
    title: str
    line: int
    text: str  # source, without comments


class Outline(NamedTuple):
    """All of a spec document."""

    path: str
    text: str
    front: FrontMatter
    title: Line | None  # the first heading of level 1
    sections: tuple[Section, ...]
    clauses: tuple[RawClause, ...]
    unnumbered: tuple[Line, ...]  # list items of clause sections that no id begins

    def section(self, kind: SectionKind) -> Section | None:
        """The first section of this kind."""
        return next((section for section in self.sections if section.kind == kind), None)


def decode(content: bytes | str, path: str) -> str:
    """The text of a document, line ends as `\\n`. Raises UsageError for what is not a readable text."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if not raw.strip():
        raise UsageError("the spec is empty", where=path, do="Begin with: podium spec new NAME")
    if len(raw) > LARGEST:
        size = f"{len(raw):,} bytes"
        raise UsageError(f"the spec has {size}", where=path, do=f"Nobody can review that: stay below {LARGEST:,}.")
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise UsageError("the spec is a binary file", where=f"{path}:{line}", do="Write Markdown as UTF-8 text.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte {raw[error.start]:#04x} is not UTF-8"
        raise UsageError(what, where=f"{path}:{line}", do="Save the spec as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_outline(content: bytes | str, path: str) -> Outline:
    """Read a spec document.

    Raises UsageError only for what cannot be read at all (not text, too large, broken front matter); what is missing or
    odd is left to the rules.
    """
    text = decode(content, path)
    front = read_front_matter(text, path)
    lines = text.split("\n")
    # Blank lines in place of the front matter keep every line where it is.
    body = "\n" * front.end + "\n".join(lines[front.end :])
    return _Reader(path, text, front, body).read()


class _Reader:
    """Walks the block tokens once, keeping the section and the clause that it is in."""

    def __init__(self, path: str, text: str, front: FrontMatter, body: str) -> None:
        # 85 ms to import: only who reads a spec pays for it.
        from markdown_it import MarkdownIt

        self.path, self.text, self.front = path, text, front
        self.source = body.split("\n")
        # Clauses are read from the source of a block; what stands inside it need not be parsed.
        self.tokens = MarkdownIt("commonmark").disable("inline").parse(body)
        self.title: Line | None = None
        self.section: SectionKind = "other"
        self.heads: list[tuple[SectionKind, str, int, int]] = []  # kind, title, first line, line after the heading
        self.clauses: list[RawClause] = []
        self.unnumbered: list[Line] = []
        self.clause: RawClause | None = None
        self.clause_level = 0  # nesting of the block the clause began in; what is nested deeper belongs to it
        self.in_item = False  # it began a list item: all of that item belongs to it
        self.by_heading = False

    def read(self) -> Outline:
        for number, token in enumerate(self.tokens):
            if token.type == "inline" and token.map:
                opener = self.tokens[number - 1]
                if opener.type == "heading_open":
                    self._heading(opener, token)
                else:
                    self._paragraph(
                        token, first_of_item=number >= 2 and self.tokens[number - 2].type == "list_item_open"
                    )
            elif token.type in ("fence", "code_block") and token.map:
                self._block(token)
            elif token.type == "list_item_close" and self.in_item and token.level <= self.clause_level - 2:
                self._close()
        self._close()
        return Outline(
            self.path,
            self.text,
            self.front,
            self.title,
            self._sections(),
            tuple(self.clauses),
            tuple(self.unnumbered),
        )

    def _sections(self) -> tuple[Section, ...]:
        found: list[Section] = []
        for number, (kind, title, line, begin) in enumerate(self.heads):
            end = self.heads[number + 1][2] - 1 if number + 1 < len(self.heads) else len(self.source)
            text = _COMMENT.sub("", "\n".join(self.source[begin:end])).strip()
            found.append(Section(kind, title, line, text))
        return tuple(found)

    def _heading(self, opener: Token, token: Token) -> None:
        first, after = opener.map or [0, 0]
        title = token.content.strip()
        named = _ID.match(title)
        if named and self.section in ("behaviour", "edge", "done"):
            self._begin(named, title, first, opener.level)
            self.by_heading = True
            return
        kind = _SECTIONS.get(title.strip("*_ :.").lower())
        if opener.tag == "h1" and kind is None:
            self._close()
            self.title = self.title or Line(title, first + 1, self._column(first, title))
            self.section = "other"
            self.heads.append(("other", title, first + 1, after))
        elif kind is not None or opener.tag in ("h1", "h2"):
            self._close()
            self.section = kind or "other"
            self.heads.append((self.section, title, first + 1, after))
        else:
            self._close()

    def _paragraph(self, token: Token, *, first_of_item: bool) -> None:
        first = (token.map or [0, 0])[0]
        content = token.content
        in_clauses = self.section in ("behaviour", "edge", "done")
        named = _ID.match(content) if in_clauses else None
        if named and _is_clause_start(named, content):
            self._begin(named, content, first, token.level)
            self.in_item = first_of_item
        elif self.clause is not None and (self.by_heading or token.level >= self.clause_level + (not self.in_item)):
            self._add(content, first)
        else:
            if not self.by_heading:
                self._close()
            check = _CHECK.match(content)
            if in_clauses and first_of_item and not check:
                text = content.split("\n")[0]
                self.unnumbered.append(Line(text, first + 1, self._column(first, text)))
            elif check and in_clauses:
                self._check(_command(check.group(1)))

    def _block(self, token: Token) -> None:
        if token.type == "fence" and token.info.split()[:1] == ["check"]:
            script = token.content.strip()
            self._check(script if "\n" not in script else f"set -e\n{script}")
        elif self.clause is not None and (self.by_heading or token.level >= self.clause_level - 1):
            first, after = token.map or [0, 0]
            source = enumerate(self.source[first:after], first + 1)
            lines = tuple(Line(text.strip(), number, 1) for number, text in source)
            self.clause = self.clause._replace(lines=(*self.clause.lines, *lines))

    def _check(self, command: str) -> None:
        """A check for the clause that is open, or for the last one of this section when it stands below that."""
        if self.clause is None and self.clauses and self.clauses[-1].section == self.section:
            self.clauses[-1] = self.clauses[-1]._replace(checks=(*self.clauses[-1].checks, command))
        elif self.clause is not None:
            self.clause = self.clause._replace(checks=(*self.clause.checks, command))

    def _begin(self, named: re.Match[str], content: str, first: int, level: int) -> None:
        self._close()
        mark, number = named.group("mark"), named.group("id").upper()
        rest = content[named.end() :]
        if mark and mark not in named.group("close"):
            rest = rest.replace(mark, "", 1)  # `**B1: all of it**`
        column = self._column(first, named.group("id"))
        self.clause = RawClause(number, _KINDS[number[0]], self.section, first + 1, column, (), ())
        self.clause_level = level
        skipped = content[: named.end()].count("\n")
        self._add(rest, first + skipped)

    def _add(self, content: str, first: int) -> None:
        """Take lines into the current clause, the checks among them apart."""
        if self.clause is None:
            return
        lines = list(self.clause.lines)
        checks = list(self.clause.checks)
        rows = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), content).split("\n")
        at = 0
        while at < len(rows):
            row = rows[at].strip()
            check = _CHECK.match(row)
            if check:
                said = check.group(1)
                while _open_span(said) and at + 1 < len(rows):
                    at += 1
                    said += " " + rows[at].strip()
                checks.append(_command(said))
            elif row:
                lines.append(Line(row, first + at + 1, self._column(first + at, row)))
            at += 1
        self.clause = self.clause._replace(lines=tuple(lines), checks=tuple(check for check in checks if check))

    def _close(self) -> None:
        if self.clause is not None:
            self.clauses.append(self.clause)
        self.clause, self.by_heading, self.in_item = None, False, False

    def _column(self, line: int, text: str) -> int:
        source = self.source[line] if line < len(self.source) else ""
        return max(source.find(text[:40]), 0) + 1


def _is_clause_start(named: re.Match[str], content: str) -> bool:
    """Whether an id at the start of a paragraph names a clause, rather than begin a sentence about one."""
    if named.group("id")[0].islower() and not named.group("close").strip():
        return False
    rest = content[named.end() :]
    return not re.match(r"(?:and|or|to|also|applies|above|below)\b", rest) or bool(named.group("close").strip(" \t\n"))


def _open_span(text: str) -> bool:
    return text.startswith("`") and _SPAN.match(text) is None


def _command(said: str) -> str:
    span = _SPAN.search(said)
    command = span.group(2) if span else said
    return " ".join(command.split("\n")).strip()
