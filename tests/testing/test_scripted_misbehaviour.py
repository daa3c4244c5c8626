from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from podium.testing import actions as do
from podium.testing.processes import marked
from podium.testing.repositories import build_repository
from podium.testing.script import one_round, save
from podium.testing.waiting import eventually


def test_it_exits_in_the_middle_of_a_round_with_the_code_it_is_told(start: Any) -> None:
    client = start(one_round(do.Say(text="before"), do.Exit(code=7), do.Say(text="after")))
    client.begin(client.new_session())
    assert client.process.wait(timeout=10) == 7


def test_a_crash_is_a_real_kill_and_the_session_goes_on_after_it(start: Any, workspace: Path) -> None:
    script = one_round(do.Append(path="log", text="a"), do.Crash(), do.Append(path="log", text="b"))
    (workspace / "log").touch()
    first = start(script)
    session = first.new_session()
    first.begin(session)
    assert first.process.wait(timeout=10) == -9
    second = start(script)
    second.load(session)
    assert second.prompt(session) == "end_turn"
    assert (workspace / "log").read_text() == "ab"


@pytest.mark.parametrize(("lines", "count"), [(True, 7813), (False, 1)])
def test_a_flood_of_stdout_has_the_size_it_is_told(start: Any, lines: bool, count: int) -> None:
    client = start(one_round(do.Flood(bytes=1_000_000, lines=lines)))
    client.prompt(client.new_session())
    assert sum(map(len, client.stray)) == 1_000_001
    assert len(client.stray) == count


def test_a_flood_of_messages_is_well_formed(start: Any) -> None:
    client = start(one_round(do.Flood(bytes=1_000_000, to="messages")))
    client.prompt(client.new_session())
    assert len(client.said()) == 1_000_000
    assert client.stray == []


def test_a_flood_of_stderr_does_not_touch_the_protocol(start: Any) -> None:
    client = start(one_round(do.Flood(bytes=10_000, to="stderr")))
    client.prompt(client.new_session())
    assert client.stray == []
    client.process.kill()
    assert len(client.process.stderr.read()) == 10_000


def test_invalid_json_and_stray_lines_come_between_good_ones(start: Any) -> None:
    client = start(one_round(do.InvalidJson(), do.StrayStdout(text="oops"), do.Say(text="fine")))
    assert client.prompt(client.new_session()) == "end_turn"
    assert client.stray == [do.InvalidJson().text.encode() + b"\n", b"oops\n"]
    assert client.said() == "[scripted] fine"


def test_many_events_are_all_sent_in_order(start: Any) -> None:
    client = start(one_round(do.ManyEvents(count=2_000)))
    client.prompt(client.new_session())
    assert client.said() == "".join(f"event {number}\n" for number in range(1, 2_001))


@pytest.mark.parametrize("daemon", [True, False])
def test_it_forks_as_many_processes_as_it_is_told(start: Any, tmp_path: Path, daemon: bool) -> None:
    client = start(one_round(do.Fork(count=5, seconds=60, daemon=daemon)))
    client.prompt(client.new_session())
    assert client.results()[0]["rawOutput"] == {"started": 5}
    left = marked(str(tmp_path / "script.json"), but=(client.process.pid,))
    for each in left:
        os.kill(each.pid, signal.SIGKILL)
    assert len(left) == 5


def test_a_deaf_agent_reads_nothing_any_more(start: Any, workspace: Path) -> None:
    client = start(one_round(do.Hang(deaf=True, mark="reached")))
    session = client.new_session()
    number = client.begin(session)
    eventually((workspace / "reached").exists)
    client.send({"method": "session/cancel", "params": {"sessionId": session}})
    with pytest.raises(AssertionError, match="not within"):
        client.answer(number, seconds=0.5)
    assert client.process.poll() is None


def test_it_fills_the_disk_as_far_as_it_is_let(start: Any, workspace: Path, environment: dict[str, str]) -> None:
    client = start(one_round(do.FillDisk(path="some.bin", megabytes=2), do.FillDisk(path="all.bin")))
    resource.prlimit(client.process.pid, resource.RLIMIT_FSIZE, (5 << 20, 5 << 20))
    client.prompt(client.new_session())
    assert [each["rawOutput"]["megabytes"] for each in client.results()] == [2, 5]
    assert [each["status"] for each in client.results()] == ["completed", "failed"]
    assert (workspace / "all.bin").stat().st_size == 5 << 20


def test_it_allocates_real_memory(start: Any, workspace: Path) -> None:
    import psutil

    client = start(one_round(do.Mark(path="reached"), do.Allocate(megabytes=64, seconds=30)))
    client.begin(client.new_session())
    process = psutil.Process(client.process.pid)
    eventually(lambda: process.memory_info().rss > 64 << 20)


def test_it_makes_links_to_anywhere(start: Any, workspace: Path) -> None:
    client = start(one_round(do.Symlink(path="deep/etc", to="/etc"), do.Symlink(path="home", to="../home")))
    client.prompt(client.new_session())
    assert str((workspace / "deep/etc").readlink()) == "/etc"
    assert str((workspace / "home").readlink()) == "../home"


_TRUSTING = {
    "hooks": ("git", "commit", "-q", "--allow-empty", "-m", "x"),
    "fsmonitor": ("git", "status"),
    "filter": ("git", "add", "changed.txt"),
    "diff": ("git", "diff"),
    "nested": ("git", "-C", "nested", "status"),
}


@pytest.mark.parametrize("how", list(_TRUSTING))
def test_what_it_plants_into_git_really_runs_where_git_trusts_it(
    start: Any, workspace: Path, tmp_path: Path, environment: dict[str, str], how: Any
) -> None:
    build_repository(workspace, {"a.txt": "a\n"})
    (workspace / "changed.txt").write_text("changed\n")
    (workspace / "a.txt").write_text("b\n")
    sign = tmp_path / "payload-ran"
    client = start(one_round(do.PlantGit(payload=f"touch '{sign}'", how=(how,))))
    client.prompt(client.new_session())
    assert client.results()[0]["status"] == "completed", client.results()
    assert not sign.exists()
    subprocess.run(_TRUSTING[how], cwd=workspace, env=environment, check=False, capture_output=True)
    assert sign.exists()


def test_it_rewrites_history_to_one_commit(start: Any, workspace: Path) -> None:
    repository = build_repository(workspace, {"a.txt": "a\n"}, commits=[{"a.txt": "b\n"}, {"b.txt": "c\n"}])
    client = start(one_round(do.RewriteHistory()))
    client.prompt(client.new_session())
    assert client.results()[0]["status"] == "completed"
    assert repository.git("log", "--all", "--format=%s") == "rewritten"
    assert repository.git("ls-files") == "a.txt\nb.txt"


def test_it_deletes_all_of_its_workspace(start: Any, workspace: Path) -> None:
    build_repository(workspace, {"a.txt": "a\n", "dir/b.txt": "b\n"})
    (workspace / "away").symlink_to("/etc")
    client = start(one_round(do.DeleteWorkspace()))
    assert client.prompt(client.new_session()) == "end_turn"
    assert list(workspace.iterdir()) == []


def test_a_home_that_cannot_be_written_costs_the_resumption_only(
    workspace: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    script = save(one_round(do.Say(text="fine")), tmp_path / "script.json")
    lines = '{"jsonrpc":"2.0","id":1,"method":"session/new","params":{"cwd":"/","mcpServers":[]}}\n'
    result = subprocess.run(
        [sys.executable, "-m", "podium.testing.scripted_agent", str(script), "--home", "/dev/null"],
        input=lines,
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert '"sessionId"' in result.stdout
    assert "the session was not saved" in result.stderr
