"""A disk that is full while an agent works: the round stands still, goes on when there is room, and loses no event."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from podium.agents.event import Message, Started, ToolCall, Waiting, WaitOver
from podium.kernel.value import canonical
from podium.supervisor.files import write_whole
from podium.supervisor.follow import read
from podium.supervisor.order import EVENTS, ORDER
from podium.supervisor.transcript import Transcript
from podium.testing import actions
from podium.testing.clock import FakeClock
from podium.testing.disks import NoDiskError, empty, fill, small_disk
from podium.testing.waiting import eventually

if TYPE_CHECKING:
    from conftest import Bench


@pytest.fixture
def disk(bench: Bench) -> Iterator[Path]:
    """The round's directory, on a disk of its own."""
    with ExitStack() as stack:
        try:
            yield stack.enter_context(small_disk(bench.round_dir, 4))
        except NoDiskError as error:
            pytest.skip(str(error))


def _frozen(bench: Bench) -> bool:
    stats = [Path(f"/proc/{each.pid}/stat").read_text() for each in bench.agents()]
    return {each.rpartition(")")[2].split()[0] for each in stats} == {"T"}


def test_the_agent_stands_still_until_what_it_does_can_be_recorded(bench: Bench, disk: Path) -> None:
    long = "two " * 3000  # more than what is left of the page that the transcript ends in
    said = [actions.Say(text=word) for word in ("one ", long, "three")]
    bench.start(bench.order(said[0], actions.WaitForFile(path="~/go"), said[1], actions.Read(path="README"), said[2]))
    bench.wait_for(Message)
    fill(disk)
    bench.allow_to_go_on("go")
    eventually(lambda: _frozen(bench), 30, what="the agent stands still")
    empty(disk)
    record = bench.end()
    assert (record.outcome, record.error) == ("completed", "")
    assert [entry.n for entry in bench.entries()] == list(range(1, record.events + 1))
    words = "".join(event.text for event in bench.events(Message)).split()
    assert words == ["[scripted]", "one", *["two"] * 3000, "three"]
    assert [event.on for event in bench.events(Waiting, WaitOver)] == ["room", "room"]


def test_a_supervisor_that_begins_on_a_full_disk_waits_with_its_agent(bench: Bench, disk: Path) -> None:
    order = bench.order(actions.Say(text="one"))
    write_whole(disk / ORDER, canonical(order))
    fill(disk)
    bench.start(order)
    assert bench.entries() == []
    assert bench.agents() == []
    empty(disk)
    record = bench.end()
    assert (record.outcome, record.attempt) == ("completed", 1)
    assert bench.events(Started)


def test_lines_without_room_count_and_are_written_in_order_when_there_is_some(disk: Path) -> None:
    transcript = Transcript(disk / EVENTS, limit=8 << 20, clock=FakeClock())
    assert transcript.record(ToolCall(id="1", output="x"))
    fill(disk)
    for number in range(2, 5):
        assert transcript.record(ToolCall(id=str(number), output="x" * 5000))
    assert transcript.waiting
    assert transcript.tally.events == 4
    assert not transcript.retry()
    with pytest.raises(OSError, match="No space left"):
        transcript.digest()
    empty(disk)
    assert transcript.retry()
    assert not transcript.waiting
    transcript.digest()
    transcript.close()
    entries, _ = read(disk)
    assert [(entry.n, entry.event.id) for entry in entries] == [(n, str(n)) for n in range(1, 5)]  # type: ignore[union-attr]
