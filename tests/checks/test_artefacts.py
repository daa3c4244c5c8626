from __future__ import annotations

import os
from pathlib import Path

import pytest

from podium.checks.artefacts import read_artefact


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.xml").write_bytes(b"x")
    assert read_artefact(tmp_path, "a/b.xml", 10) == b"x"


def test_nothing_but_a_plain_small_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("key")
    out = tmp_path / "out"
    (out / "folder").mkdir(parents=True)
    (out / "link").symlink_to(secret)
    (out / "linked-folder").symlink_to(tmp_path)
    os.link(secret, out / "hard")
    os.mkfifo(out / "fifo")
    (out / "large").write_bytes(b"x" * 11)
    with (out / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    for name in ("missing", "link", "linked-folder/secret", "hard", "fifo", "large", "sparse", "folder"):
        assert read_artefact(out, name, 10) is None, name
    assert read_artefact(tmp_path / "gone", "x", 10) is None


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a"])
def test_a_name_that_is_no_plain_path_is_the_callers_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a plain relative path"):
        read_artefact(tmp_path, name, 10)


def test_reading_leaves_no_descriptor_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    before = _descriptors()
    for _ in range(20):
        read_artefact(tmp_path, "a", 10)
        read_artefact(tmp_path, "b/c", 10)
    assert _descriptors() == before


def _descriptors() -> int:
    """How many this process has; 0 where that cannot be told."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0
