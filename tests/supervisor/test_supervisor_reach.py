"""What an agent cannot reach beyond its own round: another task's HOME while that one works, and the time after it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

from podium.agents.event import Message, ToolCall
from podium.supervisor import inbox
from podium.testing.actions import Hang, Run, Say

if TYPE_CHECKING:
    from conftest import Bench

_TRY = """
for home in {home} /proc/1/root{home} /proc/self/root{home} /proc/[0-9]*/cwd{home} ~/../..{home}; do
  echo pwned > "$home/.bashrc" && echo "reached $home"
  mkdir -p "$home/.claude" && echo pwned > "$home/.claude/settings.json" && echo "made $home"
done 2>/dev/null
ln -s {home} ~/other; echo pwned > ~/other/.profile && echo "reached by a link"
for process in /proc/[0-9]*; do
  tr '\\0' '\\n' < $process/environ | grep -q {mark} && echo "sees the other by $process"
done 2>/dev/null
ls -A {home}
echo tried
"""


def test_an_agent_reaches_no_other_tasks_home_though_it_knows_the_path(benches: Callable[[], Bench]) -> None:
    other, mine = benches(), benches()
    other.start(other.order(Say(text="I am at work."), Hang()))
    other.wait_for(Message, seconds=60)
    before = sorted(path.relative_to(other.home) for path in other.home.rglob("*"))
    tried = _TRY.format(home=shlex.quote(str(other.home)), mark=other.marker)
    record = mine.play(mine.order(Run(command=tried), Say(text="Over.")), 60)
    assert record.outcome == "completed"
    told = "\n".join(call.output for call in mine.events(ToolCall))
    assert "tried" in told
    assert "sees the other" not in told
    assert f"{other.marker}.json" not in told  # what it made there lies in a /tmp of its own
    assert sorted(path.relative_to(other.home) for path in other.home.rglob("*")) == before
    assert all(b"pwned" not in path.read_bytes() for path in other.root.rglob("*") if path.is_file())
    other.post(inbox.Stop(by="the test"))
    assert other.end(60).outcome == "stopped"


def test_daemons_that_outlive_their_agent_are_gone_with_its_sandbox_and_write_nothing_afterwards(bench: Bench) -> None:
    daemon = f"while :; do echo {bench.marker} >> /workspace/late; sleep 0.1; done"
    inner = f"setsid sh -c {shlex.quote(daemon)} </dev/null >/dev/null 2>&1 &"
    twice = f"setsid sh -c {shlex.quote(f'({inner}) &')} </dev/null >/dev/null 2>&1"
    begun = "until test -s /workspace/late; do sleep 0.05; done"
    assert (
        bench.play(bench.order(Run(command=f"{twice} & {begun}; echo begun"), Say(text="Bye.")), 60).outcome
        == "completed"
    )
    late = bench.upper / "late"
    size = late.stat().st_size
    assert size > 0
    record = (bench.round_dir / "exit.json").stat().st_mtime_ns
    assert late.stat().st_mtime_ns < record, "it wrote before the round was over, and nothing since"
