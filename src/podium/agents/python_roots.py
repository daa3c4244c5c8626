"""Which directories a Python program needs: its venv, the Python that the venv was made from, editable sources."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

_MOST_LINKS = 16


def python_roots(interpreter: Path) -> list[Path]:
    """The directories that this interpreter (by the path that a script names) needs to run what is installed in it."""
    prefix = interpreter.parent.parent
    roots = [root for root in (prefix, *_bases(interpreter)) if _is_prefix(root)] or [interpreter]
    settings = prefix / "pyvenv.cfg"
    if settings.is_file():
        for line in settings.read_text(errors="replace").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "home" and value.strip().startswith("/"):
                home = Path(value.strip())
                roots += [root for root in (home.parent, home.resolve().parent) if _is_prefix(root)]
        for site in sorted(prefix.glob("lib/python3*/site-packages")):
            roots += _editable(site)
    return roots


def _is_prefix(root: Path) -> bool:
    """Whether a Python or a venv lives there, so that it is not, for example, somebody's whole home directory."""
    if (root / "pyvenv.cfg").is_file():
        return True
    return any(root.glob("lib/python3*/os.py")) or any(root.glob("lib64/python3*/os.py"))


def _bases(interpreter: Path) -> Iterator[Path]:
    """The prefix of each interpreter that the links lead through."""
    for _ in range(_MOST_LINKS):
        if not interpreter.is_symlink():
            break
        interpreter = interpreter.parent / interpreter.readlink()
        yield Path(normpath(interpreter)).parent.parent
    yield interpreter.resolve().parent.parent


def _editable(site: Path) -> Iterator[Path]:
    """Source directories outside of the venv that are installed in it by reference."""
    known: list[Path] = []
    for pth in sorted(site.glob("*.pth")):
        lines = pth.read_text(errors="replace").splitlines()
        known += [Path(line) for line in lines if line.startswith("/") and Path(line).is_dir()]
    for finder in sorted(site.glob("__editable__*_finder.py")):
        known += _mapped(finder)
    yield from known
    for url in sorted(site.glob("*.dist-info/direct_url.json")):
        root = _editable_root(url)
        # The project's own directory holds more than its sources: only when nothing better is known.
        if root is not None and not any(path.is_relative_to(root) for path in known):
            source = root / "src"
            yield source if source.is_dir() else root


def _mapped(finder: Path) -> Iterator[Path]:
    """The directories in setuptools's finder: `MAPPING: dict[str, str] = {"package": "/path/package"}`."""
    try:
        tree = ast.parse(finder.read_text(errors="replace"))
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "MAPPING" and isinstance(node, ast.AnnAssign):
            values = node.value.values if isinstance(node.value, ast.Dict) else []
            for value in values:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield Path(value.value)


def _editable_root(url: Path) -> Path | None:
    try:
        told = json.loads(url.read_text(errors="replace"))
        if not told["dir_info"]["editable"]:
            return None
        where = urlsplit(str(told["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    root = Path(unquote(where.path))
    return root if where.scheme == "file" and root.is_dir() else None
