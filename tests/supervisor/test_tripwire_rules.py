"""Tripwires: pure, with time as an argument."""

from __future__ import annotations

import pytest

from podium.agents.event import (
    CallStatus,
    Cleared,
    FileDiff,
    Message,
    Paused,
    PermissionAnswered,
    PermissionAsked,
    Resumed,
    ToolCall,
    Tripped,
    Undecoded,
    UsageReported,
)
from podium.project.model import Tripwires
from podium.runs.model import PermissionRequest, Usage
from podium.supervisor.order import SCRATCH
from podium.supervisor.tripwires import Tripwire

_SAID = Message(text="x")


def wire(*scope: str, stall_minutes: float = 10.0, loop_repeats: int = 3) -> Tripwire:
    settings = Tripwires(stall_minutes=stall_minutes, loop_repeats=loop_repeats)
    return Tripwire(settings, scope=scope, scratch=SCRATCH, now=0.0)


def asked(name: str) -> PermissionAsked:
    return PermissionAsked(request=PermissionRequest(id=name, title="?", kind="edit", detail=""))


def call(number: int, command: str = "", kind: str = "execute", **fields: object) -> ToolCall:
    return ToolCall(id=str(number), title=command, kind=kind, status="completed", command=command, **fields)  # type: ignore[arg-type]


def test_silence_stalls_once_and_the_next_event_clears_it() -> None:
    one = wire()
    assert one.tick(599.0) == ()
    (tripped,) = one.tick(600.0)
    assert isinstance(tripped, Tripped)
    assert tripped.name == "stall"
    assert "10.0 minutes" in tripped.detail
    assert one.tick(700.0) == ()
    assert one.seen(_SAID, 710.0) == (Cleared(name="stall"),)
    assert one.tick(720.0) == ()
    assert one.tick(1310.0) != ()


def test_silence_is_right_while_a_question_waits() -> None:
    one = wire()
    one.seen(asked("1.1"), 10.0)
    assert one.tick(5000.0) == ()
    one.seen(PermissionAnswered(request="1.1", allowed=True, by="Ada"), 5000.0)
    assert one.tick(5599.0) == ()
    assert one.tick(5601.0) != ()


def test_silence_is_right_while_the_round_is_paused_and_the_time_begins_anew() -> None:
    one = wire()
    one.seen(Paused(), 10.0)
    assert one.tick(5000.0) == ()
    one.seen(Resumed(), 5001.0)
    assert one.tick(5500.0) == ()
    assert one.tick(5602.0) != ()


def test_no_time_given_means_no_stall() -> None:
    assert wire(stall_minutes=0.0).tick(1e9) == ()


def test_the_same_call_again_and_again_is_a_loop_until_another_one_comes() -> None:
    one = wire(loop_repeats=3)
    assert one.seen(call(1, "make"), 1.0) == ()
    one.seen(_SAID, 1.5)
    assert one.seen(call(2, "make"), 2.0) == ()
    (tripped,) = one.seen(call(3, "make"), 3.0)
    assert tripped == Tripped(name="loop", detail="the same call 3 times in a row: make")
    assert one.seen(call(4, "make"), 4.0) == ()
    assert one.seen(call(5, "ls"), 5.0) == (Cleared(name="loop"),)


def test_a_call_told_in_pieces_is_one_call() -> None:
    one = wire(loop_repeats=2)
    for number in range(2):
        one.seen(ToolCall(id=str(number), title="Run", kind="execute", status="in_progress", command="make"), 1.0)
        one.seen(ToolCall(id=str(number), output="some"), 1.0)
        found = one.seen(ToolCall(id=str(number), status="completed"), 1.0)
    assert [each.name for each in found] == ["loop"]


def test_different_edits_of_one_file_are_no_loop() -> None:
    one = wire(loop_repeats=2)
    for number in range(5):
        diff = FileDiff(path="/workspace/a", old=str(number), new=str(number + 1))
        assert one.seen(call(number, "Edit a", kind="edit", diffs=(diff,)), 1.0) == ()


def test_an_edit_outside_the_scope_trips_once_for_each_path() -> None:
    one = wire("src/**")
    assert one.seen(call(1, kind="edit", paths=("/workspace/src/a.py",)), 1.0) == ()
    (tripped,) = one.seen(call(2, kind="edit", paths=("/workspace/docs/b.md",)), 1.0)
    assert tripped == Tripped(name="scope-drift", detail="changed outside the task's scope: docs/b.md")
    assert one.seen(call(3, kind="delete", paths=("/workspace/docs/b.md",)), 1.0) == ()
    assert one.changed(["docs/b.md", "docs/c.md"]) == (
        Tripped(name="scope-drift", detail="changed outside the task's scope: docs/c.md"),
    )


@pytest.mark.parametrize(
    "path", ["/workspace/src/../secret", "src/../../etc/passwd", "/workspace/../workspace/x", "//etc/passwd", "../up"]
)
def test_a_path_that_only_looks_as_if_it_were_in_scope_trips(path: str) -> None:
    assert wire("src/**").seen(call(1, kind="edit", paths=(path,)), 1.0) != ()


def test_reading_elsewhere_is_no_drift() -> None:
    assert wire("src/**").seen(call(1, kind="read", paths=("/workspace/docs/b.md",)), 1.0) == ()


def test_caches_and_the_agents_own_places_are_no_drift() -> None:
    one = wire("src/**")
    assert one.changed(["docs/__pycache__/x.pyc", ".pytest_cache/v", "node_modules/a/b.js", ".git/index"]) == ()
    assert one.seen(call(1, kind="edit", paths=("/tmp/x", "/home/agent/.notes")), 1.0) == ()


@pytest.mark.parametrize("status", ["", "pending", "in_progress", "failed"])
def test_an_edit_that_was_denied_or_is_not_done_yet_is_no_drift(status: CallStatus) -> None:
    one = wire("src/**")
    edit = ToolCall(id="1", title="edit", kind="edit", status=status, paths=("/workspace/docs/b.md",))
    assert one.seen(edit, 1.0) == ()
    assert one.seen(asked("1.1"), 2.0) == ()
    assert one.seen(PermissionAnswered(request="1.1", allowed=False, by="rule:1"), 3.0) == ()
    assert one.seen(ToolCall(id="1", status="failed", output="denied"), 4.0) == ()
    (tripped,) = one.changed(["docs/b.md"])  # it was written all the same
    assert tripped.name == "scope-drift"


def test_without_a_scope_there_is_no_drift() -> None:
    assert wire().changed(["anything"]) == ()


def test_a_thousand_strange_files_are_told_in_bounds() -> None:
    one = wire("src/**")
    (tripped,) = one.changed([f"f{n}" for n in range(1000)])
    assert len(tripped.detail) < 2000
    assert one.changed([f"g{n}" for n in range(1000)]) == ()


def test_what_cannot_be_decoded_is_told_once() -> None:
    one = wire()
    assert [each.name for each in one.seen(Undecoded(raw="x", why="no JSON"), 1.0)] == ["undecodable"]
    assert one.seen(Undecoded(raw="y", why="no JSON"), 1.0) == ()


def edit(number: int, path: str, old: str | None, new: str | None) -> ToolCall:
    return call(number, "Edit", kind="edit", diffs=(FileDiff(path=f"/workspace/{path}", old=old, new=new),))


def names(found: tuple[Tripped | Cleared, ...]) -> list[str]:
    return [each.name for each in found]


def test_an_edit_that_is_undone_and_done_again_is_thrash_told_once() -> None:
    one = wire("src/**")
    assert one.seen(edit(1, "src/a.py", "x = 1\ny = 2", "x = 1\ny = 3"), 1.0) == ()
    assert one.seen(edit(2, "src/a.py", "y = 3", "y = 2"), 1.0) == ()
    (tripped,) = one.seen(edit(3, "src/a.py", "y = 2", "y = 3"), 1.0)
    assert tripped == Tripped(name="thrash", detail="edited src/a.py, undid it and did it again (3 times)")
    assert one.seen(edit(4, "src/a.py", "y = 3", "y = 2"), 1.0) == ()


def test_a_line_that_is_broken_to_see_a_test_fail_and_mended_again_is_no_thrash() -> None:
    one = wire("src/**")
    assert one.seen(edit(1, "src/a.py", "return 1", "return 2"), 1.0) == ()
    assert one.seen(edit(2, "src/a.py", "return 2", "return 1"), 1.0) == ()
    assert one.seen(edit(3, "src/a.py", "return 1", "return one()"), 1.0) == ()


def test_failures_in_a_row_are_a_spiral_until_something_works() -> None:
    one = wire()
    for number in range(5):
        failed = ToolCall(id=str(number), kind="execute", status="failed", command=f"make {number}", output="no")
        assert one.seen(failed, 1.0) == ()
    (tripped,) = one.seen(ToolCall(id="x", kind="execute", status="failed", command="make x", output="no"), 1.0)
    assert tripped == Tripped(name="error-spiral", detail="6 calls failed in a row, the last: make x")
    assert names(one.seen(call(9, "ls"), 1.0)) == []
    assert names(one.seen(call(10, "make x"), 1.0)) == ["error-spiral"]  # over: what failed works


def test_the_same_failure_again_is_a_spiral_even_with_edits_between_the_tries() -> None:
    one = wire("**", loop_repeats=50)
    tripped: list[str] = []
    for number in range(6):
        tripped += names(one.seen(edit(number, "a.py", f"v{number}", f"v{number + 1}"), 1.0))
        output = f"collected in {number}.1s\nE  NameError: name 'x' is not defined, line {number}\n====="
        failed = ToolCall(id=f"f{number}", kind="execute", status="failed", command="pytest", output=output)
        tripped += names(one.seen(failed, 1.0))
    assert tripped == ["error-spiral"]


def test_a_test_that_a_check_of_the_task_runs_may_not_be_changed() -> None:
    one = Tripwire(Tripwires(), scope=("**",), scratch=SCRATCH, now=0.0, guarded=("tests/test_a.py",))
    (tripped,) = one.seen(edit(1, "tests/test_a.py", "x", "y"), 1.0)
    assert tripped == Tripped(name="test-edit", detail="changed tests/test_a.py, which a check of its task runs")
    assert one.changed(["tests/test_a.py"]) == ()
    other = Tripwire(Tripwires(), scope=("**",), scratch=SCRATCH, now=0.0, guarded=("tests/test_a.py",))
    assert names(other.changed(["src/a.py", "tests/test_a.py"])) == ["test-edit"]


def test_an_assertion_that_is_taken_out_trips_as_it_is_written() -> None:
    one = wire("**")
    (tripped,) = one.seen(edit(1, "tests/test_a.py", "a = f()\nassert a == 3\n", "a = f()\n"), 1.0)
    assert tripped.name == "weakened-test"
    assert isinstance(tripped, Tripped)
    assert tripped.detail == "tests/test_a.py: an assertion is removed from an existing test"
    (tripped,) = one.seen(edit(2, "tests/test_b.py", "def test_b():", "@pytest.mark.skip\ndef test_b():"), 1.0)
    assert tripped.name == "weakened-test"


def test_writing_and_changing_a_test_of_its_own_trips_nothing() -> None:
    one = wire("**")
    assert one.seen(edit(1, "tests/test_new.py", None, "def test_x():\n    assert f() == 1\n"), 1.0) == ()
    assert one.seen(edit(2, "tests/test_new.py", "    assert f() == 1\n", "    assert g()\n"), 1.0) == ()


def test_a_dangerous_command_trips_once_for_each_reason_whether_asked_for_or_run() -> None:
    one = wire("**")
    request = PermissionRequest(id="1.1", title="?", kind="execute", detail="")
    (tripped,) = one.seen(PermissionAsked(request=request, command="git push origin main"), 1.0)
    assert tripped == Tripped(name="danger", detail="publishes or pushes by itself: git push origin main")
    assert one.seen(call(1, "git push"), 1.0) == ()
    (tripped,) = one.seen(call(2, kind="read", paths=("/home/agent/.ssh/id_rsa",)), 1.0)
    assert tripped == Tripped(name="danger", detail="reads credentials: /home/agent/.ssh/id_rsa")


def test_money_that_goes_faster_than_the_work_trips_at_half_and_at_four_fifths() -> None:
    def spent(cost: float) -> UsageReported:
        return UsageReported(usage=Usage(cost_usd=cost))

    idle = Tripwire(Tripwires(), scope=(), scratch=SCRATCH, now=0.0, budget_usd=4.0)
    assert idle.seen(spent(1.0), 1.0) == ()
    assert idle.seen(spent(2.0), 1.0) == (
        Tripped(name="budget-pace", detail="$2.00 of $4.00 are spent, and no file was changed yet"),
    )
    assert idle.seen(spent(2.5), 1.0) == ()
    busy = Tripwire(Tripwires(), scope=(), scratch=SCRATCH, now=0.0, budget_usd=4.0)
    busy.seen(edit(1, "a.py", "x", "y"), 1.0)
    assert busy.seen(spent(2.5), 1.0) == ()
    assert busy.seen(spent(3.2), 1.0) == (Tripped(name="budget-pace", detail="$3.20 of $4.00 are spent"),)
