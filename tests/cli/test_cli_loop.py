"""The whole loop through the real binary: run, review, refine, accept, land, why, revert, and the ledger afterwards."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable

import pytest
from cli_story import RIGHT, WRONG, Story

from podium.testing import actions
from podium.testing.waiting import eventually

Tell = Callable[..., Story]


@pytest.mark.slow
def test_a_wrong_candidate_is_refined_and_the_right_one_lands(tell: Tell) -> None:
    story = tell(
        [actions.Write(path="src/total.py", text=WRONG), actions.Say(text="All done.")],
        [actions.Write(path="src/total.py", text=RIGHT), actions.Say(text="Now it is.")],
    )
    story.good("plan", "approve", "total")
    run = story.good("run", "total")
    assert "boundary: " in run.out
    assert "ready for review" in run.out
    assert [need["kind"] for need in story.good("attention", "--json").json["needs"]] == ["review"]

    review = story.good("review", "T1").out
    assert review.index("E1") < review.index("total.py  ") < review.index("All done.")
    refused = story("accept", "T1", "--json")
    assert refused.code == 1
    codes = {refusal["code"] for refusal in refused.json["refusals"]}
    assert {"check-failed:E1", "unread"} <= codes

    refined = story.good("refine", "T1", "-m", "E1 fails without a price", "--json")
    assert [point["id"] for point in refined.json["points"]] == ["P1"]
    story.until("in review")
    assert story.good("review", "T1", "--json").json["round"] == 2

    assert story("accept", "T1").code == 1, "nothing was read yet"
    story.good("review", "T1", "--mark", "seen", *story.unread())
    accepted = story.good("accept", "T1", "--json").json
    assert accepted["accepted"] is True
    assert accepted["signed"] is False
    story.until("landed")
    # The user's branch and files are fast-forwarded just after the landing.
    eventually(lambda: "src/total.py" in story.world.git("ls-tree", "-r", "--name-only", "main"), 20.0, every=0.1)
    assert story.world.git("show", "main:src/total.py") == RIGHT.strip()
    assert (story.world.repository / "src" / "total.py").read_text() == RIGHT

    why = story.good("why", "src/total.py:2", "--json").json
    assert (why["task"], why["agent"], why["round"]) == ("total/T1", "scripted", 2)
    assert why["reviewer"] == "Ada <ada@example.org>"
    verified = story.good("verify", "--require", "receipt", "--json").json
    assert [each["found"]["type"] for each in verified["commits"]] == ["unproven"]
    assert verified["commits"][0]["found"]["receipt"]["reviewer"] == why["reviewer"]
    assert "accepted" in story.good("log", "T1").out
    assert story.good("ledger", "verify", "--json").json["verified"] is True
    assert "E1" in story.good("evidence", "T1").out
    shown = story.good("gc", "--json").json
    assert (shown["freed"], [item["kind"] for item in shown["items"]]) == (False, ["workspace"])
    assert story.good("gc", "--free", "--json").json["freed"] is True
    assert story.good("gc", "--json").json["items"] == []
    _tamper(story)


def _tamper(story: Story) -> None:
    """A changed record is found, by a program that cannot fold the chain any more."""
    with sqlite3.connect(story.world.base / "state" / "podium.db") as database:
        database.execute("update podium_ledger set data = x'7b7d' where seq = 5")
    result = story("ledger", "verify", "--json")
    assert result.code == 1
    assert [fault["seq"] for fault in result.json["projects"][0]["faults"]] == [5]
    assert story("ledger", "export").code == 0


@pytest.mark.slow
def test_a_landed_task_is_taken_back(tell: Tell) -> None:
    story = tell([actions.Write(path="src/total.py", text=RIGHT)])
    story.good("plan", "approve", "total")
    story.good("run", "total")
    story.good("review", "T1", "--mark", "understood", *story.unread())
    story.good("accept", "T1")
    story.until("landed")
    story.good("revert", "T1", "--reason", "not wanted after all")
    eventually(lambda: story.state() == "reverted", 20.0, every=0.1)
    eventually(lambda: not (story.world.repository / "src" / "total.py").exists(), 20.0, every=0.1)
    eventually(lambda: "Revert" in story.world.git("log", "-1", "--format=%s", "main"), 20.0, every=0.1)
    verified = story.good("verify", "main~2..main", "--require", "receipt", "--json").json
    assert [each["found"]["type"] for each in verified["commits"]] == ["revert", "unproven"]


@pytest.mark.slow
def test_a_question_waits_for_a_person_and_deny_is_obeyed(tell: Tell) -> None:
    story = tell(
        [
            actions.Ask(
                title="Delete the tests",
                allowed=(actions.Write(path="src/allowed.txt", text="yes"),),
                denied=(actions.Write(path="src/total.py", text=RIGHT),),
            )
        ]
    )
    story.good("plan", "approve", "total")
    run = story.good("run")
    assert "waits for your answer" in run.out
    needs = story.good("attention", "--json").json["needs"]
    assert needs[0]["kind"] == "permission"
    denied = story.good("deny", "T1", "--json").json
    assert denied["answer"] == "denied"
    assert story("allow", "T1").code == 2, "it was answered"
    story.until("in review")
    files = {hunk["path"] for hunk in story.good("review", "T1", "--json").json["hunks"]}
    assert files == {"src/total.py"}


@pytest.mark.slow
def test_a_hanging_agent_is_watched_paused_stopped_and_its_task_rejected(tell: Tell) -> None:
    story = tell([actions.Say(text="I begin."), actions.Hang()])
    story.good("plan", "approve", "total")
    story.good("run", "total", "--no-follow")
    story.until("at work")
    assert story("reject", "T1", "--reason", " ").code == 2
    story.good("pause", "T1")
    story.good("resume", "T1")
    story.good("stop", "T1")
    story.until("failed")
    assert "I begin." in story.good("watch", "T1").out
    story.good("reject", "T1", "--reason", "it hangs")
    assert story.state() == "rejected"
    assert story("stop", "total").code == 0


@pytest.mark.slow
def test_of_two_racing_agents_one_is_accepted_with_a_signature_and_the_other_archived(tell: Tell) -> None:
    story = tell([actions.Write(path="src/total.py", text=RIGHT)], agents=("scripted", "rival"))
    key = story.world.base / "home" / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    story.world.git("config", "--global", "gpg.format", "ssh")
    story.world.git("config", "--global", "user.signingkey", str(key))
    story.good("plan", "approve", "total")
    story.good("run", "T1", "--agent", "scripted", "--agent", "rival")
    compared = story.good("compare", "T1", "--json").json["runs"]
    assert {row["agent"] for row in compared} == {"scripted", "rival"}
    assert "rival" in story.good("compare", "T1").out
    unclear = story("accept", "T1")
    assert unclear.code == 2
    assert "--agent" in unclear.err
    hunks = [hunk["id"] for hunk in story.good("review", "T1", "--agent", "rival", "--json").json["hunks"]]
    story.good("review", "T1", "--agent", "rival", "--mark", "understood", *hunks)
    accepted = story.good("accept", "T1", "--agent", "rival", "--json").json
    assert accepted["signed"] is True
    story.until("landed")
    assert "rival was accepted" in story.good("log", "T1").out
    eventually(lambda: "src/total.py" in story.world.git("ls-tree", "-r", "--name-only", "main"), 20.0, every=0.1)
    signers = key.with_name("allowed_signers")
    signers.write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    verified = story.good("verify", "main", "--require", "signature", "--signers", str(signers))
    assert "trusted" in verified.out


@pytest.mark.slow
def test_a_pipe_gets_plain_lines_and_one_document_with_json(tell: Tell) -> None:
    story = tell([actions.Write(path="src/total.py", text=RIGHT)])
    story.good("plan", "approve", "total")
    result = story.good("run", "total", "--json")
    assert result.json["tasks"][0]["state"] == "in review"
    assert "ready for review" in result.err
    assert "\x1b" not in result.err
    unread = story.unread()
    assert story("review", "T1", "--mark", "seen", *unread, "--close", "P9=it never was").code == 2
    assert story.unread() == unread, "one wrong word, and nothing of the call is recorded"
    assert story.good("review", "T1", "--mark", "seen", *unread, "--json").json["marked"] == unread


def test_an_unknown_task_gets_the_nearest_name(tell: Tell) -> None:
    story = tell([actions.Say(text="nothing")])
    story.good("plan", "approve", "total")
    result = story("review", "total/T9")
    assert result.code == 2
    assert "T1" in result.err
    never = story("accept", "T1")
    assert never.code == 2
    assert "podium run total/T1" in never.err


def test_run_refuses_an_agent_that_is_not_known(tell: Tell) -> None:
    story = tell([actions.Say(text="nothing")])
    story.good("plan", "approve", "total")
    result = story("run", "total", "--agent", "nobody", "--no-follow")
    assert result.code == 2
    assert "nobody" in result.err
    assert "scripted" in result.err
    assert "started a conductor" not in result.err
