"""A Podium that has more than 1,023 files open, as a server of many runs has."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium.kernel.readable import is_readable
from podium.supervisor.nursery import Nursery

MANY = 1100


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """Every descriptor below 1,024 is in use while the test runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 2 * MANY:
        if hard != resource.RLIM_INFINITY and hard < 2 * MANY:
            pytest.skip("no more than 1,024 files may be open here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (2 * MANY, hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(MANY)]
    try:
        yield
    finally:
        for each in opened:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_open_files")
def test_what_is_said_on_a_high_descriptor_is_heard_and_its_end_too() -> None:
    here, there = os.pipe()
    assert here > 1023
    assert not is_readable(here, 0)
    os.write(there, b"x")
    assert is_readable(here, 30)
    assert os.read(here, 1) == b"x"
    os.close(there)
    assert is_readable(here, 30)
    assert os.read(here, 1) == b""
    os.close(here)


@pytest.mark.usefixtures("many_open_files")
def test_a_nursery_answers_on_a_high_descriptor(tmp_path: Path) -> None:
    nursery = Nursery(sys.executable)
    try:
        assert "No such file" in nursery.begin(tmp_path / "none")  # why none could begin there: it was heard
    finally:
        nursery.close()
