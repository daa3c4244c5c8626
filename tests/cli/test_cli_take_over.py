"""A person takes over by hand in the agent's own sandbox, and gives it back, through the real `podium`."""

from __future__ import annotations

from collections.abc import Callable

from cli_story import RIGHT, Story

from podium.testing import actions
from podium.testing.waiting import eventually

FIRST = actions.Write(path="src/total.py", text="print('not yet')\n")
WAITS = actions.WaitForFile(path="/workspace/go")
REPORT = """id -u; cat src/total.py; ls -a "$HOME" >/dev/null && echo home
test -e /proc/1/root/etc/shadow || echo confined
grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd):' /proc/self/status | tr '\\t\\n' ' ;'; echo; env | grep -c PODIUM_STATE"""
EDIT = f"cat > src/total.py <<'END'\n{RIGHT}END\nmkdir -p __pycache__; touch __pycache__/x.pyc go"


def test_a_person_works_in_the_sandbox_and_the_candidate_names_them(tell: Callable[..., Story]) -> None:
    story = tell((FIRST, WAITS, actions.Say(text="done")), (actions.Say(text="noted"),))
    story.good("plan", "approve", "total", "--yes")
    story.good("run", "total", "--no-follow")
    story.until("at work")
    eventually(lambda: "Write" in story("watch", "T1", "--no-follow").out, 60.0, every=0.5)
    seen = story.good("take-over", "T1", "--keep-paused", "--", "sh", "-c", REPORT)
    assert seen.out.splitlines()[:4] == ["1000", "print('not yet')", "home", "confined"]
    assert "NoNewPrivs: 1;Seccomp: 2;" in seen.out
    assert "CapEff: 0000000000000000;" in seen.out
    assert seen.out.splitlines()[5] == "0"  # nothing of the person's environment
    assert "nothing" in seen.out
    done = story.good("take-over", "T1", "-m", "mind the cents", "--json", "--", "sh", "-c", EDIT)
    assert done.json["changed"] == ["go", "src/total.py"]
    story.until("in review")
    exported = story.good("ledger", "export").out
    assert "changed by hand by Ada <ada@example.org>: go, src/total.py" in exported
    assert '"kind":"runs.handed-back"' in exported.replace(" ", "")
    assert "mind the cents" in exported
