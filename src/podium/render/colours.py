"""What kind of word each part of a line is: whole files through Pygments, so that strings of many lines are right.

Lexers are regular expressions over hostile text: this runs in a process of its own (`podium.render.colour_process`),
which is ended when it takes too long. What it finds is kept by the id of the blob.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeAlias

Line: TypeAlias = tuple[int, ...]
"""(length, kind, length, kind ...) from the line's first character; what is left over is plain."""
Colours: TypeAlias = tuple[Line, ...]
"""One entry for each line of the file; a file without colours has none."""

LARGEST = 1_000_000
"""Bytes of a file that is coloured; a larger one is plain text."""
LONGEST = 4_000
"""Characters of a line in a file that is coloured: a longer one is no source that a person reads."""

KINDS = ("", "k", "s", "c", "n", "f", "t", "b", "d", "v", "h", "e")
"""Plain, keyword, string, comment, number, function, type, builtin, decorator, variable, heading, emphasis."""

_BY_TOKEN = {
    "Token.Keyword": 1,
    "Token.Keyword.Type": 6,
    "Token.Operator.Word": 1,
    "Token.Literal.String": 2,
    "Token.Literal.String.Doc": 3,
    "Token.Comment": 3,
    "Token.Comment.Preproc": 8,
    "Token.Literal.Number": 4,
    "Token.Name.Function": 5,
    "Token.Name.Class": 6,
    "Token.Name.Exception": 6,
    "Token.Name.Namespace": 0,
    "Token.Name.Tag": 1,
    "Token.Name.Builtin": 7,
    "Token.Name.Decorator": 8,
    "Token.Name.Attribute": 9,
    "Token.Name.Constant": 9,
    "Token.Name.Variable": 9,
    "Token.Generic.Heading": 10,
    "Token.Generic.Subheading": 10,
    "Token.Generic.Emph": 11,
    "Token.Generic.Strong": 10,
}


def colour(name: str, text: str) -> Colours:
    """The colours of a file called `name`; none for a file of an unknown kind."""
    lexer = _lexer(name)
    if lexer is None or any(len(line) > LONGEST for line in text.split("\n")):
        return ()
    known: dict[Any, int] = {}
    lines: list[Line] = []
    line: list[int] = []
    for token, value in lexer.get_tokens(text):
        kind = known.get(token)
        if kind is None:
            kind = known[token] = _kind(token)
        first, *rest = value.split("\n")
        _add(line, len(first), kind)
        for part in rest:
            lines.append(_trimmed(line))
            line = []
            _add(line, len(part), kind)
    if line:
        lines.append(_trimmed(line))
    return tuple(lines)


def _lexer(name: str) -> Any:
    lexers: Any = import_module("pygments.lexers")  # costs a tenth of a second
    try:
        found = lexers.get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except lexers.ClassNotFound:
        return None
    return None if "text" in found.aliases else found


def _kind(token: Any) -> int:
    while token is not None:
        kind = _BY_TOKEN.get(str(token))
        if kind is not None:
            return kind
        token = token.parent
    return 0


def _add(line: list[int], length: int, kind: int) -> None:
    if not length:
        return
    if line and line[-1] == kind:
        line[-2] += length
    else:
        line += (length, kind)


def _trimmed(line: list[int]) -> Line:
    return tuple(line[:-2] if line and line[-1] == 0 else line)
