"""The parts of a glob, as git's wildmatch reads them with WM_PATHNAME."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

_CLASSES: dict[str, tuple[tuple[str, str], ...]] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "blank": ((" ", " "), ("\t", "\t")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": (("0", "9"),),
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}


class Token(NamedTuple):
    """One part of a glob.

    `one` takes a single character out of `ranges` (or outside of them when `negated`); `star` any characters but
    slashes; `rest` any characters; `folders` nothing, or anything that ends with a slash; `below` the end, or a slash.
    """

    kind: Literal["one", "star", "rest", "folders", "below"]
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False

    @classmethod
    def literal(cls, char: str) -> Token:
        return cls("one", ((char, char),))

    @classmethod
    def rest(cls) -> Token:
        return cls("rest")

    @classmethod
    def below(cls) -> Token:
        return cls("below", (("/", "/"),))

    @property
    def optional(self) -> bool:
        """Whether it may take nothing."""
        return self.kind in ("star", "rest", "folders")

    def takes(self, char: str) -> bool:
        """Whether a `one` or `below` takes this character."""
        if self.ranges == (("/", "/"),) and not self.negated:
            return char == "/"
        return char != "/" and any(low <= char <= high for low, high in self.ranges) != self.negated

    @property
    def letters(self) -> set[str]:
        """Characters that stand for every way in which this part can tell characters apart."""
        if len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1] and not self.negated:
            return {self.ranges[0][0]}  # a plain character: its neighbours are nothing special
        found: set[str] = set()
        for low, high in self.ranges:
            found |= {low, high, chr(max(ord(low) - 1, 0)), chr(min(ord(high) + 1, 0x10FFFF))}
        return found

    @property
    def regex(self) -> str:
        match self.kind:
            case "star":
                return "[^/]*"
            case "rest":
                return ".*"
            case "folders":
                return "(?:.*/)?"
            case "below":
                return "(?:/|$)"
            case "one":
                if len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1] and not self.negated:
                    return re.escape(self.ranges[0][0])
                if not self.ranges:
                    return "[^/]" if self.negated else "(?!)"
                inner = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in self.ranges if low <= high)
                if not inner:
                    return "[^/]" if self.negated else "(?!)"
                return f"(?!/)[{'^' if self.negated else ''}{inner}]"


@lru_cache(maxsize=4096)
def tokens(glob: str) -> tuple[Token, ...] | None:
    """The parts of a glob; None when it is malformed and so matches nothing but itself, read literally."""
    if glob.endswith("/"):
        glob += "**"
    found: list[Token] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            at = _stars(glob, at, found)
        elif char == "[":
            read = _set(glob, at)
            if read is None:
                return None
            token, at = read
            found.append(token)
        elif char == "?":
            found.append(Token("one", (), True))
            at += 1
        else:
            at += char == "\\"
            if at >= len(glob):
                return None
            found.append(Token.literal(glob[at]))
            at += 1
    return tuple(found)


def _stars(glob: str, at: int, found: list[Token]) -> int:
    end = at
    while end < len(glob) and glob[end] == "*":
        end += 1
    at_folder = at == 0 or glob[at - 1] == "/"
    if end - at >= 2 and at_folder and end == len(glob):
        found.append(Token("rest"))
    elif end - at >= 2 and at_folder and glob[end] == "/":
        found.append(Token("folders"))
        end += 1
    elif end - at >= 2 and at_folder and glob.startswith("\\/", end):
        found.append(Token("rest"))
    else:
        found.append(Token("star"))
    return end


def _set(glob: str, at: int) -> tuple[Token, int] | None:
    """The set that begins at `[`, and where it ends; None when it never does or names an unknown class."""
    at += 1
    negated = glob[at : at + 1] in ("!", "^")
    at += negated
    ranges: list[tuple[str, str]] = []
    previous = ""
    first = True
    while first or glob[at : at + 1] != "]":
        first = False
        char = glob[at : at + 1]
        if not char:
            return None
        if char == "\\":
            at += 1
            char = glob[at : at + 1]
            if not char:
                return None
            ranges.append((char, char))
        elif char == "-" and previous and glob[at + 1 : at + 2] not in ("", "]"):
            at += 2 if glob[at + 1] == "\\" else 1
            if at >= len(glob):
                return None
            ranges.append((previous, glob[at]))
            char = ""
        elif char == "[" and glob.startswith(":", at + 1):
            end = glob.find("]", at + 2)
            if end < 0:
                return None
            if end > at + 2 and glob[end - 1] == ":":
                named = _CLASSES.get(glob[at + 2 : end - 1])
                if named is None:
                    return None
                ranges.extend(named)
                at, char = end, ""
            else:
                ranges.append(("[", "["))
        else:
            ranges.append((char, char))
        previous = char
        at += 1
    return Token("one", tuple(ranges), negated), at + 1


def fault_of(glob: str) -> tuple[str, str] | None:
    """What is wrong with a glob, and what to write instead; None for a good one."""
    if not glob.strip():
        return "an empty glob matches nothing", 'write "**" for every file'
    if "\0" in glob or "\n" in glob:
        return "a glob has no control characters", "write one glob per text"
    if len(glob) > 500:
        return f"a glob of {len(glob)} characters", "write at most 500"
    if glob.startswith("/"):
        return "a glob begins at the top of the repository, without a slash", f'write "{glob.lstrip("/") or "**"}"'
    if glob.startswith(":"):
        return "git's pathspec magic is not used here", "every glob already is a `:(glob)`; write it plainly"
    if glob.startswith("!"):
        return "a glob cannot be negated", "name what is wanted instead"
    parts = glob.removesuffix("/").split("/")
    if ".." in parts:
        return "a glob cannot leave the repository", "write it from the top of the repository"
    if "." in parts or "" in parts:
        tidy = "/".join(part for part in parts if part not in ("", "."))
        return "a glob has no `.` and no empty part", f'write "{tidy or "**"}"'
    if tokens(glob) is None:
        return "a `[` is not closed, a class is unknown, or `\\` ends the glob", "write `\\[` for the character itself"
    if re.search(r"[^/*]\*\*+|\*\*+[^/*]", glob):
        return "`**` stands for folders only between slashes", 'write "*" within a name, "**/" for folders'
    return None
