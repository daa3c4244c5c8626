"""How much a changed line deserves a reader's attention: a score that can be said in a few words.

Each way in which a line can be wrong adds to the score and leaves its reason; strings and comments are blanked before
the signs are looked for, so that what they say counts for nothing. The rules are lexical, so that they hold for many
languages and for a hunk without its file.

Where the weights come from: a logistic regression, strongly held back and rounded, on 381 changed files of 27 feature
releases of 11 Python projects (Celery, Click, Django, Flask, isort, Jinja, Pylint, pytest, Sphinx, urllib3, Werkzeug):
which lines that a release added did the repairs of its patch releases replace? Text that code handles, slices, regular
expressions, unpacking and tests of types were repaired more often than comparisons. Set by hand: what runs what it is
given (rare there), imports (replaced often, seldom wrong), conditions (a little more), comparison and arithmetic (no
weight was found; a little is kept, for that is where mutants survive). No labelled defect went into the fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
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
    needs: str = ""  # what every line with it holds: looked for first, since that takes a twentieth of the time


def _sign(reason: str, pattern: str, weight: float, most: int = 1, needs: str = "") -> _Sign:
    return _Sign(reason, re.compile(pattern), weight, most, needs)


# No pattern has nested repetition, and long lines are cut, so that a hostile line costs no more than its length.
_LONGEST = 2000

_OUTSIDE = (
    r"\b(?:open|Popen|os|sys|stdin|stdout|stderr|Path|path|socket|tempfile|shutil|environ|getenv|read|write|readline|"
    r"async|await|asyncio|executor|[tT]hread|[lL]ock|mutex|atomic|encoding|codecs|json|yaml|time|datetime)\b"
)
_SIGNS: tuple[_Sign, ...] = (
    _sign(
        "runs what it is given",
        r"\b(?:eval|exec|system|popen|subprocess|innerHTML|dangerouslySetInnerHTML|pickle|yaml\.load|unsafe|"
        r"execSync|child_process|os\.exec\w*|Runtime\.getRuntime)\b",
        4.0,
    ),
    _sign("regular expression", r"\bre\.\w+\(|\bRegExp\b", 4.8, 2),
    _sign("slice", r"[\w)\]]\[[^\[\]:]*:[^\[\]]*\]", 4.4, 2, "["),
    _sign("unpacking", r"[(,\s]\*\*?\w", 3.0, 2, "*"),
    _sign("either-or", r"(?<=\S )if\b(?=.*\belse\b)", 2.2, 1, "else"),
    _sign("test of a type", r"\b(?:isinstance|hasattr|getattr|issubclass|typeof|type)\b", 2.0, 2),
    _sign("loop", r"^\s*(?:async\s+)?(?:for|foreach|loop)\b", 1.8),
    _sign("updates in place", r"[+\-*/|&]=", 1.8, 2, "="),
    _sign("error", r"^\W*(?:raise|throw|panic|except|catch|rescue)\b", 1.8),
    _sign("number", r"(?<![\w.\[])\d+(?:\.\d+)?\b(?!\])", 1.2, 2),
    _sign("and, or", r"\b(?:and|or)\b|&&|\|\|", 1.0, 2),
    _sign("membership", r"\b(?:in|instanceof)\b", 1.0, 2, "in"),
    _sign("list or mapping", r"(?<![\w)\]])[\[{]", 1.0, 2),
    _sign("call", r"[\w)\]]\(", 0.9, 3, "("),
    _sign("condition", r"^\W*(?:if|elif|else if|unless|while|until|case|switch|assert)\b", 1.3),
    _sign("None, true, false", r"\b(?:None|True|False|null|nil|true|false)\b", 0.8, 2),
    _sign("named argument", r"[(,]\s*\w+=(?!=)", 0.8, 2, "="),
    _sign("attribute", r"\w\.\w", 0.7, 4, "."),
    _sign("plain value", r"^\s*[\w.]+(?:\s*:[^=]+)?\s*=\s*(?:[\w.]+|''|\"\"|\[\]|\{\}|\(\))$", 0.7, 1, "="),
    _sign("outside world", _OUTSIDE, 0.5, 2),
    _sign("comparison", r"[=!<>]=+|(?<![<>=\-])[<>](?![<>=])|\bis\b", 0.3, 2),
    _sign("arithmetic", r"(?<=[\w)\]])\s*(?:[+\-*/%]|//|\*\*|<<|>>)\s*(?=[\w(])", 0.3, 2),
    _sign("indexing", r"[\w)\]]\[", 0.3, 2, "["),
    _sign("not", r"\bnot\b|!(?=[\w(])", 0.2, 2),
)
_CALMS: tuple[_Sign, ...] = (
    _sign("with", r"^\s*(?:async\s+)?with\b", -1.7, 1, "with"),
    _sign("class", r"^\s*class\b", -1.4, 1, "class"),
    _sign("signature", r"^\s*(?:(?:async\s+)?def|func|fn|function|interface|struct|enum)\b", -0.6, 1),
    _sign("returns a name", r"^\s*return\s*[\w.]*;?$", -0.7, 1, "return"),
    _sign("goes on", r"[(\[{,]$", -0.7, 1),
)
_CODE = 1.2  # any line of code
_LENGTH = 0.9 / 20  # for each character, up to a hundred
_DEPTH = 0.35 / 4  # for each column of indentation, up to twenty
_TEXT = 1.0  # for each string, up to three
_PATTERN = 7.0  # a string that looks like a regular expression
_LEAST = 0.4

_IMPORT = re.compile(
    r"^\s*(?:import\s|from\s+\S+\s+import\b|use\s|using\s|#\s*include|package\s|require\b|export\s+\*)"
)
_BRACKET = re.compile(
    r"^\s*(?:[\]})>;,:]*|else\s*[:{]?|try\s*[:{]?|finally\s*[:{]?|pass|end|begin|[\]})]*\s*else\s*\{?)\s*$"
)
_LOOKS_REGULAR = re.compile(r"\\[swdbWS]|\(\?|\.\*|\[\^")
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\\n]|\\.)*`")
_HASH_COMMENT = frozenset({".py", ".rb", ".sh", ".bash", ".toml", ".yml", ".yaml", ".pl", ".r", ".jl", ".ex", ".mk"})
_BLOCK = re.compile(r'"""|\'\'\'')
_PROSE = frozenset({".md", ".rst", ".txt", ".adoc"})


def line_risk(text: str, path: str, context: LineContext | None = None) -> LineRisk:
    """The risk of one line of code: pure, and linear in the length of the line."""
    at = context or LineContext()
    if not text.strip():
        return LineRisk(0.0, ("blank",))
    if at.place == "comment" or _suffix(path) in _PROSE:
        return LineRisk(0.1, ("words",))
    if at.place == "string":
        return LineRisk(0.2, ("text in a string",))
    code = bare(text[:_LONGEST], path).rstrip()
    if not code.strip():
        return LineRisk(0.1, ("comment",))
    if _IMPORT.match(code) or _BRACKET.match(code):
        return LineRisk(0.3, ("import or bracket",))
    found = sorted(_weigh(code, text[:_LONGEST]), key=lambda each: -abs(each[0]))
    score = _CODE + sum(weight for weight, _ in found) + _bulk(text)
    reasons = [reason for weight, reason in found if weight > 0]
    calmer = [reason for weight, reason in found if weight < 0 and reason == "signature"]
    return LineRisk(max(score, _LEAST), tuple(calmer + reasons) or ("plain",))


def _weigh(code: str, text: str) -> Iterator[tuple[float, str]]:
    for sign in (*_SIGNS, *_CALMS):
        if sign.needs not in code or sign.pattern.search(code) is None:  # most are: it is what takes the time
            continue
        count = 1 if sign.most == 1 else sum(1 for _ in islice(sign.pattern.finditer(code), sign.most))
        yield count * sign.weight, sign.reason
    strings = [found[0] for found in islice(_STRING.finditer(text), 3)]
    if any(_LOOKS_REGULAR.search(each) for each in strings):
        yield _PATTERN, "pattern in a string"
    if strings:
        yield _TEXT * len(strings), "text that matters"


def _bulk(text: str) -> float:
    """What length and depth add: more room for mistakes, and more to keep in mind."""
    depth = len(text) - len(text.lstrip())
    return min(len(text.strip()), 100) * _LENGTH + min(depth, 20) * _DEPTH


@lru_cache(maxsize=256)
def _suffix(path: str) -> str:
    """The end of a file's name; asked for with every line of a file."""
    return PurePosixPath(path).suffix


def bare(text: str, path: str) -> str:
    """The line without the contents of its strings and without its comment, as far as one line tells."""
    code = _STRING.sub(lambda found: found[0][0] + found[0][-1], text)
    marker = "#" if _suffix(path) in _HASH_COMMENT else "//"
    return code if marker == "//" and "://" in code else code.split(marker, 1)[0]


def contexts(lines: Iterable[str], path: str) -> Iterator[LineContext]:
    """Where each line of one side of a hunk or file lies, from the lines above it.

    A hunk may begin inside a string or comment: what its own lines do not tell is taken to be code.
    """
    python = _suffix(path) in (".py", ".pyi")
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
