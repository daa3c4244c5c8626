"""How much a changed line deserves a reader's attention: a score that can be said in a few words.

Nothing is learned here. A line that decides, compares, computes or reaches into data can be wrong in more ways than one
that names, imports or explains; each such way adds to the score and leaves its reason. Strings and comments are blanked
first, so that what they say counts for nothing. The rules are lexical, so that they hold for many languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

Place = Literal["code", "comment", "string"]


class LineContext(NamedTuple):
    """What a line alone does not tell."""

    place: Place = "code"  # comment, string: it lies inside a block comment or a string of several lines
    depth: int = 0  # indentation in columns


class LineRisk(NamedTuple):
    """A score from 0 (cannot be wrong) upwards, and the reasons, the weightiest first."""

    score: float
    reasons: tuple[str, ...]


class _Sign(NamedTuple):
    reason: str
    pattern: re.Pattern[str]
    weight: float
    most: int  # how often it counts at the most in one line


def _sign(reason: str, pattern: str, weight: float, most: int = 1) -> _Sign:
    return _Sign(reason, re.compile(pattern), weight, most)


# No pattern has nested repetition, and long lines are cut, so that a hostile line costs no more than its length.
_LONGEST = 2000

_SIGNS: tuple[_Sign, ...] = (
    _sign(
        "runs what it is given",
        r"\b(?:eval|exec|system|popen|subprocess|innerHTML|dangerouslySetInnerHTML|pickle|yaml\.load|unsafe|"
        r"execSync|child_process|os\.exec\w*|Runtime\.getRuntime)\b",
        4.0,
    ),
    _sign("condition", r"(?<![\w.])(?:if|elif|else if|unless|while|until|when|case|match|switch|assert)\b", 3.0),
    _sign("comparison", r"(?:[=!<>]=+|(?<![<>=\-])[<>](?![<>=])|\b(?:is|in|instanceof)\b)", 2.0, 2),
    _sign("and, or, not", r"(?:\b(?:and|or|not)\b|&&|\|\||!(?=[\w(]))", 2.0, 2),
    _sign("indexing", r"[\w)\]]\s?\[", 1.5, 2),
    _sign("arithmetic", r"(?<=[\w)\]])\s*(?:[+\-*/%]|//|\*\*|<<|>>)\s*(?=[\w(])", 1.5, 2),
    _sign("handles an error", r"\b(?:except|catch|rescue|recover|raise|throw|finally|panic)\b", 1.5),
    _sign("loop", r"(?<![\w.])(?:for|foreach|loop)\b", 1.5),
    _sign("concurrency", r"\b(?:async|await|lock|mutex|thread|go func|select|atomic|volatile|synchronized)\b", 1.5),
    _sign("call", r"[\w)\]]\(", 1.0, 3),
    _sign("number", r"(?<![\w.])-?\d+(?:\.\d+)?\b", 1.0, 1),
    _sign("returns", r"\b(?:return|yield)\b", 1.0),
    _sign("assigns", r"(?<![=!<>])=(?!=)|:=", 0.5),
)

_QUIET = re.compile(
    r"^\s*(?:import\s|from\s+\S+\s+import\b|use\s|using\s|#\s*include|package\s|require\b|@\w|export\s+\*|"
    r"[\]})>;,]*\s*$|else\s*[:{]?\s*$|try\s*[:{]?\s*$|pass\s*$|end\s*$|begin\s*$)"
)
_DEFINES = re.compile(r"^\s*(?:(?:async\s+)?def|class|func|fn|function|interface|struct|enum|type|public|private)\b")
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\\n]|\\.)*`")
_HASH_COMMENT = frozenset({".py", ".rb", ".sh", ".bash", ".toml", ".yml", ".yaml", ".pl", ".r", ".jl", ".ex", ".mk"})
_BLOCK = re.compile(r'"""|\'\'\'')
_PROSE = frozenset({".md", ".rst", ".txt", ".adoc"})


def line_risk(text: str, path: str, context: LineContext | None = None) -> LineRisk:
    """The risk of one line of code: pure, and linear in the length of the line."""
    at = context or LineContext()
    if not text.strip():
        return LineRisk(0.0, ("blank",))
    if at.place == "comment" or PurePosixPath(path).suffix in _PROSE:
        return LineRisk(0.1, ("words",))
    if at.place == "string":
        return LineRisk(0.2, ("text in a string",))
    code = bare(text[:_LONGEST], path)
    if not code.strip():
        return LineRisk(0.1, ("comment",))
    if _QUIET.match(code):
        return LineRisk(0.3, ("import or bracket",))
    found = list(_weigh(code, text))  # `_SIGNS` is in the order of weight
    score = 0.5 + sum(weight for weight, _ in found)
    if _DEFINES.match(code):
        score *= 0.5
        found.insert(0, (0.0, "signature"))
    return LineRisk(score, tuple(reason for _, reason in found) or ("plain",))


def _weigh(code: str, text: str) -> Iterator[tuple[float, str]]:
    for sign in _SIGNS:
        count = sum(1 for _ in sign.pattern.finditer(code))
        if count:
            yield min(count, sign.most) * sign.weight, sign.reason
    length = len(text.strip())
    if length > 50:
        yield min(2.0, (length - 50) / 20), "long line"


def bare(text: str, path: str) -> str:
    """The line without the contents of its strings and without its comment, as far as one line tells."""
    code = _STRING.sub(lambda found: found[0][0] + found[0][-1], text)
    marker = "#" if PurePosixPath(path).suffix in _HASH_COMMENT else "//"
    return code if marker == "//" and "://" in code else code.split(marker, 1)[0]


def contexts(lines: Iterable[str], path: str) -> Iterator[LineContext]:
    """Where each line of one side of a hunk or file lies, from the lines above it.

    A hunk may begin inside a string or comment: what its own lines do not tell is taken to be code.
    """
    python = PurePosixPath(path).suffix in (".py", ".pyi")
    inside = ""
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if inside:
            yield LineContext("string" if python else "comment", depth)
            inside = "" if inside in line else inside
            continue
        opened = _opens(line, python=python)
        yield LineContext(_place(line.lstrip(), opened, python=python), depth)
        inside = opened


def _place(line: str, opened: str, *, python: bool) -> Place:
    """Where a line lies that no block above it holds; it may open one, or be a docstring of its own."""
    if python and line.startswith(('"""', "'''", 'r"""')):
        return "string"
    return "comment" if opened and line.startswith("/*") else "code"


def _opens(line: str, *, python: bool) -> str:
    """What closes the block that this line opens and leaves open; empty when it opens none."""
    if not python:
        return "*/" if line.rfind("/*") > line.rfind("*/") else ""
    state = ""
    for found in _BLOCK.finditer(line):
        if not state:
            state = found[0]
        elif state == found[0]:
            state = ""
    return state
