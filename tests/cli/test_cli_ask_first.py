"""Agents are asked before they begin, through the real `podium`."""

from __future__ import annotations

from collections.abc import Callable

from cli_story import RIGHT, Story

from podium.testing import actions
from podium.testing.script import Script, ScriptedRound, ScriptedTask, save

ASKS = "Some words.\n- **B1**: may a price have a fraction of a cent?\nE1: what if a price is no number?\nZ9: nonsense?"


def curious(story: Story) -> None:
    """Its agent asks two questions first, and then writes what is right."""
    asked = ScriptedTask(match="^# Before you begin", rounds=(ScriptedRound(actions=(actions.Say(text=ASKS),)),))
    write = actions.Write(path="src/total.py", text=RIGHT)
    works = ScriptedTask(match="Decided: no, whole cents", rounds=(ScriptedRound(actions=(write,)),))
    save(Script(tasks=(asked, works)), story.world.base / "scripts" / "agent.json")


def test_questions_are_answered_once_in_the_spec_and_the_answer_reaches_the_run(tell: Callable[..., Story]) -> None:
    story = tell(())
    curious(story)
    story.good("plan", "approve", "total", "--yes")
    refused = story("run", "total", "--ask-first", "--no-follow")
    assert refused.code != 0
    assert "2 questions wait for your answer" in refused.err
    assert "Q1 (B1): may a price have a fraction of a cent?" in refused.err
    needs = story.good("attention", "--json").json["needs"]
    assert [need["kind"] for need in needs] == ["question", "question"]
    assert story("run", "total", "--no-follow").code != 0  # they still wait, and nobody is asked again
    story.good("answer", "total", "Q1", "-m", "no, whole cents")
    last = story.good("answer", "total", "q2", "--aside")
    assert "podium plan approve total" in last.out
    text = (story.world.repository / "specs/total.md").read_text()
    assert "- B1: `python3 src/total.py 1 2` prints 3.\n  Decided: no, whole cents\n  check:" in text
    assert "approv" in story("run", "total", "--no-follow").err  # of another spec
    story.good("plan", "approve", "total", "--yes")
    story.good("run", "total", "--ask-first", "--no-follow")
    story.until("in review")
    shown = story.good("answer", "total").out
    assert "decided: no, whole cents" in shown
    assert "set aside" in shown
    assert story("answer", "total", "Q1", "-m", "yes").code != 0
    assert story("answer", "total", "Q9", "-m", "yes").code != 0


def test_the_record_says_that_it_knows_nothing_and_auto_still_chooses(tell: Callable[..., Story]) -> None:
    story = tell((actions.Write(path="src/total.py", text=RIGHT),), agents=("scripted", "rival"))
    story.good("plan", "approve", "total", "--yes")
    ordered = story.good("run", "total", "--agent", "auto", "--no-follow").out
    assert "drawn by lot, nothing is known yet of any of 2 agents" in ordered
    story.until("in review")
    assert story.good("watch", "--json").json["runs"] == []
