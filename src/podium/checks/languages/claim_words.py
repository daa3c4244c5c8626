"""Claims from the text of a comparison: assertions of Rust are text, those of Go are conditions. Pure."""

from __future__ import annotations

from podium.checks.python_claims import VACUOUS, Claim

_NOT = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "true": "false", "false": "true"}
_OPEN, _CLOSE = "([{", ")]}"
_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")


def split_top(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that stand in no bracket and no string."""
    parts, start, position = list[str](), 0, 0
    for position, inside in _outside(text):
        if not inside and position >= start and text.startswith(separator, position):
            parts.append(text[start:position].strip())
            start = position + len(separator)
    parts.append(text[start:].strip())
    return parts


def _outside(text: str) -> list[tuple[int, bool]]:
    """Each position of a text, and whether it is within a bracket or a string."""
    found, depth, quote, position = list[tuple[int, bool]](), 0, "", 0
    while position < len(text):
        char = text[position]
        found.append((position, bool(depth or quote)))
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in '"`':
            quote = char
        elif char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
        position += 1
    return found


def claim_of(text: str, line: int, *, negated: bool = False) -> Claim:
    """What is claimed by asserting this expression, or by failing when it is true (`negated`)."""
    text = text.strip()
    while text.startswith("!") and not text.startswith("!="):
        text, negated = text[1:].strip(), not negated
    for operator in _COMPARISONS:
        parts = split_top(text, f" {operator} ")
        if len(parts) == 2 and all(parts):
            left, right = parts
            if _literal(left) and not _literal(right):
                left, right = right, left
                operator = operator.translate(str.maketrans("<>", "><"))
            relation = _NOT[operator] if negated else operator
            if left == right and relation in ("==", "<=", ">=") and "(" not in left:
                return Claim(VACUOUS, text, "", line)
            return Claim(relation, left, right, line)
    if text in ("true", "false") and (text == "true") != negated:
        return Claim(VACUOUS, text, "", line)
    return Claim("false" if negated else "true", text, "", line)


def claims_of_all(text: str, line: int) -> list[Claim]:
    """What is claimed by asserting an expression; `&&` claims several things, `|| true` nothing."""
    if "true" in split_top(text, "||"):
        return [Claim(VACUOUS, text, "", line)]
    return [claim_of(part, line) for part in split_top(text, "&&") if part]


def number(text: str) -> float | None:
    """The value of a written-down number."""
    try:
        return abs(float(text.strip().replace("_", "").removesuffix("f64").removesuffix("f32")))
    except ValueError:
        return None


def _literal(text: str) -> bool:
    return bool(text) and (text[0] in "\"'`" or text in ("true", "false", "nil", "None") or number(text) is not None)
