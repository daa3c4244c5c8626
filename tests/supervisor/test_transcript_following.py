"""Transcripts: written whole, read in complete lines, followed while they grow."""

from __future__ import annotations

import asyncio
from pathlib import Path

from podium.agents.event import Entry, Message, Result, Thought, ToolCall, UsageReported
from podium.runs.model import Usage
from podium.supervisor.follow import Batch, Follower, read
from podium.supervisor.order import EVENTS, EXIT
from podium.supervisor.tally import Tally
from podium.supervisor.transcript import Transcript
from podium.supervisor.upper import ChangedFiles
from podium.testing.clock import FakeClock


def open_transcript(round_dir: Path, limit: int = 8 << 20) -> Transcript:
    return Transcript(round_dir / EVENTS, limit=limit, clock=FakeClock())


def in_loop(*events: object, round_dir: Path, limit: int = 8 << 20) -> list[bool]:
    async def write() -> list[bool]:
        transcript = open_transcript(round_dir, limit)
        done = [transcript.record(event) for event in events]  # type: ignore[arg-type]
        transcript.digest()
        transcript.close()
        return done

    return asyncio.run(write())


def test_pieces_of_a_message_become_one_event_and_another_kind_ends_it(tmp_path: Path) -> None:
    pieces = [Message(text=word, more=True) for word in ("One ", "two ", "three.")]
    in_loop(*pieces, Thought(text="Hm.", more=True), Result(stop_reason="end_turn"), round_dir=tmp_path)
    entries, _ = read(tmp_path)
    assert [entry.event for entry in entries] == [
        Message(text="One two three."),
        Thought(text="Hm."),
        Result(stop_reason="end_turn"),
    ]


def test_a_long_message_is_written_while_it_is_spoken(tmp_path: Path) -> None:
    in_loop(*(Message(text="x" * 1000, more=True) for _ in range(10)), round_dir=tmp_path)
    entries, _ = read(tmp_path)
    assert [(len(entry.event.text), entry.event.more) for entry in entries] == [  # type: ignore[union-attr]
        (5000, True),
        (5000, True),
    ]


def test_a_lone_piece_is_written_after_a_moment(tmp_path: Path) -> None:
    async def write() -> None:
        transcript = open_transcript(tmp_path)
        transcript.record(Message(text="Wait", more=True))
        async with asyncio.timeout(5):
            while not read(tmp_path)[0]:
                await asyncio.sleep(0.01)
        transcript.close()

    asyncio.run(write())
    assert read(tmp_path)[0][0].event == Message(text="Wait", more=True)


def test_a_full_transcript_takes_nothing_more_from_the_agent_but_how_it_ended(tmp_path: Path) -> None:
    async def write() -> None:
        transcript = open_transcript(tmp_path, limit=(1 << 20) + 1000)
        assert transcript.record(ToolCall(id="1", output="x" * 500))
        assert not transcript.record(ToolCall(id="2", output="x" * 500))
        transcript.record_last(Result(stop_reason="flood"))
        transcript.close()

    asyncio.run(write())
    assert [type(entry.event) for entry in read(tmp_path)[0]] == [ToolCall, Result]


def test_the_tally_of_a_transcript_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    in_loop(
        Message(text="I begin.", more=True),
        ToolCall(id="1"),
        Message(text="It is ", more=True),
        Message(text="done.", more=True),
        UsageReported(usage=Usage(input_tokens=5)),
        UsageReported(usage=Usage(cost_usd=0.5)),
        Result(stop_reason="end_turn"),
        round_dir=tmp_path,
    )
    transcript = open_transcript(tmp_path)
    tally = transcript.tally
    transcript.close()
    assert (tally.claim, tally.events) == ("It is done.", 6)
    assert tally.usage == Usage(input_tokens=5, cost_usd=0.5)
    assert tally.result == Result(stop_reason="end_turn")


def test_messages_that_are_whole_by_themselves_are_lines_of_the_claim(tmp_path: Path) -> None:
    tally = Tally()
    for number, event in enumerate((Message(text="Done."), Message(text="All tests "), Message(text="pass.")), 1):
        tally.add(Entry(n=number, t="2026-01-01T00:00:00Z", event=event))
    assert tally.claim == "Done.\nAll tests \npass."


def test_reading_gives_complete_lines_only_and_an_offset_to_go_on_from(tmp_path: Path) -> None:
    in_loop(*(ToolCall(id=str(n)) for n in range(3)), round_dir=tmp_path)
    whole = (tmp_path / EVENTS).read_bytes()
    (tmp_path / EVENTS).write_bytes(whole[:-5])
    entries, offset = read(tmp_path)
    assert [entry.n for entry in entries] == [1, 2]
    assert read(tmp_path, offset) == ((), offset)
    (tmp_path / EVENTS).write_bytes(whole)
    entries, offset = read(tmp_path, offset)
    assert [entry.n for entry in entries] == [3]
    assert offset == len(whole)


def test_a_line_that_is_longer_than_a_block_is_read_whole(tmp_path: Path) -> None:
    in_loop(ToolCall(id="1", output="x" * 10_000), ToolCall(id="2"), round_dir=tmp_path)
    entries, offset = read(tmp_path, block=1000)
    assert entries[0].event == ToolCall(id="1", output="x" * 10_000)
    assert [entry.n for entry in (*entries, *read(tmp_path, offset)[0])] == [1, 2]


def test_nothing_is_read_of_a_round_that_has_not_begun(tmp_path: Path) -> None:
    assert read(tmp_path) == ((), 0)


def test_many_rounds_are_followed_to_their_ends(tmp_path: Path) -> None:
    async def follow() -> list[Batch]:
        follower = Follower(interval=0.01)
        writers = []
        for number in range(5):
            round_dir = tmp_path / str(number)
            round_dir.mkdir()
            follower.add(str(number), round_dir)
            writers.append(asyncio.create_task(_write_slowly(round_dir)))
        found = [batch async for batch in follower.batches(until_empty=True)]
        await asyncio.gather(*writers)
        return found

    batches = asyncio.run(asyncio.wait_for(follow(), 20))
    for key in map(str, range(5)):
        mine = [batch for batch in batches if batch.key == key]
        assert [entry.n for batch in mine for entry in batch.entries] == list(range(1, 11))
        assert [batch.ended for batch in mine].count(True) == 1
        assert mine[-1].ended


async def _write_slowly(round_dir: Path) -> None:
    transcript = open_transcript(round_dir)
    for number in range(10):
        transcript.record(ToolCall(id=str(number)))
        await asyncio.sleep(0.01)
    transcript.close()
    (round_dir / EXIT).write_text("{}")


def test_changed_files_are_listed_by_name_and_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").touch()
    (tmp_path / "link").symlink_to("/etc")
    (tmp_path / "a" / "up").symlink_to("..")
    assert sorted(ChangedFiles(tmp_path).look()) == ["a/b/c", "a/up", "link"]


def test_a_huge_tree_is_looked_at_in_bounded_steps(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"f{number}").touch()
    changed = ChangedFiles(tmp_path, entries=20)
    looks = [changed.look() for _ in range(3)]
    assert [len(look) for look in looks] == [20, 20, 10]
    assert len({name for look in looks for name in look}) == 50


def test_a_directory_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    assert ChangedFiles(tmp_path / "gone").look() == ()
