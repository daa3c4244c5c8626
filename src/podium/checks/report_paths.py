"""Which file of a tree a foreign report means: reports name files as their tool saw them. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit


class Places:
    """The files of one tree, to be found by the names that tools give them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._by_name: dict[str, list[str]] = {}
        for path in self._paths:
            self._by_name.setdefault(posixpath.basename(path), []).append(path)

    def find(self, named: str, *, roots: Iterable[str] = ()) -> str:
        """The path of the tree that a report calls `named`; empty where that is none or not clear."""
        named = named.replace("\\", "/")
        if named.startswith("file:"):
            named = unquote(urlsplit(named).path)
        plain = posixpath.normpath(unquote(named)) if "%" in named else posixpath.normpath(named)
        for root in ("", *roots):
            joined = posixpath.normpath(posixpath.join(root, plain)) if root else plain
            if joined in self._paths:
                return joined
        alike = self._by_name.get(posixpath.basename(plain), [])
        fitting = [path for path in alike if plain.endswith(f"/{path}") or path.endswith(f"/{plain}")]
        longest = sorted(fitting, key=len)[-1:] if plain.startswith("/") else fitting
        return longest[0] if len(longest) == 1 else ""
