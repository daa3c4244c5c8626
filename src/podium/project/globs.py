"""The one glob language of Podium: git's pathspec with the magic word `:(glob)`.

`*` and `?` never match a slash; `**/` matches any number of folders, none included; `/**` matches everything below;
`[a-z]`, `[!a]` and `[[:alpha:]]` are sets; `\\` takes the next character as it is. A glob also matches everything below
the folder that it names literally (`src` and `src/` are `src/**`). Three differences from git, on purpose: `src*/`
matches everything below each such folder (git: nothing), `?` is one character (git: one byte), and a path that git
quotes is unquoted first, so that an odd file name cannot step around a rule.

`overlaps` and `contains` walk both globs as automata over the few characters that tell them apart: they are exact, but
for files that are literally named like a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from podium.project.glob_tokens import Token, fault_of, tokens

__all__ = ["contains", "fault_of", "matcher", "matches", "overlaps", "unquoted"]

_MOST_STATES = 20_000
_QUOTED = re.compile(rb'\\(?:([0-7]{3})|(["\\abfnrtv]))')
_NAMED = {
    b'"': b'"',
    b"\\": b"\\",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


def unquoted(path: str) -> str:
    """The path itself, from the form in which git quotes odd names; bytes that are not UTF-8 become surrogates."""
    if len(path) < 2 or not (path.startswith('"') and path.endswith('"')):
        return path

    def plain(found: re.Match[bytes]) -> bytes:
        octal: bytes | None = found.group(1)
        return bytes([int(octal, 8) & 255]) if octal else _NAMED[found.group(2)]

    return _QUOTED.sub(plain, path[1:-1].encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)
def _compiled(glob: str) -> re.Pattern[str]:
    below = "" if glob.endswith("/") else "(?:/|$)"
    literal = re.escape(glob) + below
    wild = tokens(glob)
    if wild is None:
        return re.compile(literal, re.DOTALL)
    return re.compile(f"(?:{literal}|(?:{''.join(token.regex for token in wild)})\\Z)", re.DOTALL)


def matches(glob: str, path: str) -> bool:
    """Whether the glob matches this path (slashes, no leading one; git's quoted form is understood)."""
    return bool(glob) and _compiled(glob).match(unquoted(path)) is not None


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """A quick test whether any of these globs matches a path. No globs match nothing."""
    patterns = tuple(_compiled(glob) for glob in globs if glob)

    def any_matches(path: str) -> bool:
        plain = unquoted(path)
        return any(pattern.match(plain) for pattern in patterns)

    return any_matches


def overlaps(one: str, other: str) -> bool:
    """Whether some path, existing or not, is matched by both globs. True when that takes too long to find out."""
    if one == other:
        return bool(one)
    first, second = _prefix(one), _prefix(other)
    shared = min(len(first), len(second))
    if first[:shared] != second[:shared]:
        return False
    return _exists(one, other, wanted=True)


def contains(outer: str | tuple[str, ...], inner: str) -> bool:
    """Whether every path that `inner` matches is matched by `outer`, one glob or several together.

    False when that takes too long to find out.
    """
    return inner in (outer if isinstance(outer, tuple) else (outer,)) or not _exists(inner, outer, wanted=False)


def _prefix(glob: str) -> str:
    """What every path matched by the glob begins with."""
    return re.split(r"[*?\[\\]", glob, maxsplit=1)[0].rstrip("/")


@lru_cache(maxsize=8192)
def _exists(one: str, other: str | tuple[str, ...], *, wanted: bool) -> bool:
    """Whether a path exists that `one` matches and for which `other` says `wanted`; True beyond the limit of states."""
    first, second = _Automaton((one,)), _Automaton((other,) if isinstance(other, str) else other)
    letters = first.letters | second.letters | {"/"}
    letters.add(next(char for char in map(chr, range(0x21, 0x3000)) if char not in letters))
    begin = (first.start, second.start, True)
    seen: set[tuple[frozenset[int], frozenset[int], bool]] = {begin}
    queue = list(seen)
    while queue:
        mine, theirs, after_slash = queue.pop()
        if not after_slash and first.accepts(mine) and second.accepts(theirs) is wanted:
            return True
        if len(seen) > _MOST_STATES:
            return True
        for letter in letters:
            if letter == "/" and after_slash:
                continue  # a path has no empty part
            mine_next = first.step(mine, letter)
            if not mine_next:
                continue
            theirs_next = second.step(theirs, letter)
            if wanted and not theirs_next:
                continue
            state = (mine_next, theirs_next, letter == "/")
            if state not in seen:
                seen.add(state)
                queue.append(state)
    return False


class _Automaton:
    """Globs as a set of positions in their tokens; position `2 * i + 1` is inside a `**/` that has begun.

    A glob with a wildcard is read as a pattern only: that git also takes it for the name of a file that is literally
    called so, and for the folder of that name, matters to nobody who compares two globs. None ends each glob.
    """

    def __init__(self, globs: tuple[str, ...]) -> None:
        self._tokens: list[Token | None] = []
        starts: list[int] = []
        for glob in globs:
            starts.append(2 * len(self._tokens))
            wild = tokens(glob)
            if wild is not None and any(char in glob for char in "*?[\\"):
                self._tokens += [*wild, None]
                continue
            self._tokens.extend(Token.literal(char) for char in glob.rstrip("/"))
            self._tokens.append(Token.literal("/") if glob.endswith("/") else Token.below())
            self._tokens += [Token.rest(), None]
        self.letters = {letter for token in self._tokens if token for letter in token.letters}
        self.start = self._closed(starts)

    def _closed(self, positions: Iterable[int]) -> frozenset[int]:
        found: set[int] = set()
        queue = list(positions)
        while queue:
            position = queue.pop()
            if position in found:
                continue
            found.add(position)
            token = self._tokens[position // 2]
            if token and token.optional and position % 2 == 0:
                queue.append(position + 2)
        return frozenset(found)

    def accepts(self, positions: frozenset[int]) -> bool:
        return any(
            (token := self._tokens[position // 2]) is None or (token.kind == "below" and position % 2 == 0)
            for position in positions
        )

    def step(self, positions: frozenset[int], letter: str) -> frozenset[int]:
        following: set[int] = set()
        for position in positions:
            token = self._tokens[position // 2]
            if token is None:
                continue
            base = position - position % 2
            match token.kind:
                case "star" if letter != "/":
                    following.add(base)
                case "rest":
                    following.add(base)
                case "folders":
                    following.add(base + 1)
                    if letter == "/":
                        following.add(base + 2)
                case "below" | "one" if token.takes(letter):
                    following.add(base + 2)
                case _:
                    pass
        return self._closed(following)
