from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.testing.processes import alive, descendants, marked, wait_until_none


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with this test's directory in its command line, and with a mark in its environment."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()", str(tmp_path)],
        stdin=subprocess.PIPE,
        env={**os.environ, "MARK_OF_TEST": f"env-{tmp_path.name}"},
    )
    yield process
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()


def test_a_process_is_found_by_its_command_line(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert [each.pid for each in marked(str(tmp_path))] == [sleeper.pid]
    assert marked(str(tmp_path), but=(sleeper.pid,)) == ()


def test_a_process_is_found_by_its_environment(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert [each.parent for each in marked(f"env-{tmp_path.name}")] == [os.getpid()]


def test_an_ended_process_is_not_found_even_before_it_is_reaped(
    sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert alive(sleeper.pid)
    sleeper.kill()
    wait_until_none(str(tmp_path))
    assert not alive(sleeper.pid)


def test_what_is_left_is_named(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=str(sleeper.pid)):
        wait_until_none(str(tmp_path), 0)


def test_descendants_are_found_without_a_marker(sleeper: subprocess.Popen[bytes]) -> None:
    assert sleeper.pid in [each.pid for each in descendants(os.getpid())]
    assert descendants(2**22 + 1) == ()
