"""Only the tests of some files. A pytest plugin; `begin` is called in the line that Podium adds at the end.

Files of tests that are not wanted are not even imported, where this pytest can be told so (from 7.0 on).
"""

from __future__ import annotations

import os
from typing import Any

import pytest

_WANTED: set[str] = set()


def _is_wanted(path: Any) -> bool:
    return os.path.realpath(str(path)) in _WANTED


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    kept: list[Any] = []
    left: list[Any] = []
    for item in items:
        place = getattr(item, "path", None) or item.fspath
        (kept if _is_wanted(place) else left).append(item)
    items[:] = kept
    if left:
        config.hook.pytest_deselected(items=left)


if int(pytest.__version__.partition(".")[0]) >= 7:

    def pytest_ignore_collect(collection_path: Any) -> bool | None:
        name = collection_path.name
        # A package is collected through its __init__.py by some versions: what is below it may be wanted.
        if not name.endswith(".py") or name == "__init__.py" or _is_wanted(collection_path):
            return None
        return True


def begin(root: str, _out: str, files: list[str]) -> None:
    """Called in the last line of this file, which Podium adds."""
    _WANTED.update(os.path.realpath(os.path.join(root, path)) for path in files)  # noqa: PTH118 - runs on old Pythons
