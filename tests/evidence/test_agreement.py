"""Where the runs of one task agree, and what the comparison is worth."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.evidence.agreement import RunPatch, agreement, quoted_share
from podium.evidence.likeness import code, likeness, shape
from podium.runs.model import DiffLine, FileChange, Hunk

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "plausible.py"


def hunk(path: str, start: int, removed: list[str], added: list[str]) -> Hunk:
    rows = [DiffLine(kind="-", old=start + at, new=0, text=text) for at, text in enumerate(removed)]
    rows += [DiffLine(kind="+", old=0, new=start + at, text=text) for at, text in enumerate(added)]
    old = start if removed else start - 1  # as git addresses a hunk that only adds
    identity = repr((path, start, removed, added))
    return Hunk(id=identity, path=path, old_start=old, new_start=start, section="", lines=tuple(rows))


def change(path: str, *hunks: Hunk) -> FileChange:
    return FileChange(
        path=path,
        old_path=path,
        status="modified",
        old_mode="100644",
        new_mode="100644",
        old_blob="1" * 40,
        new_blob="2" * 40,
        added=1,
        removed=1,
        binary=False,
        hunks=hunks,
    )


def patch(run: str, removed: list[str], added: list[str], *, path: str = "src/a.py", start: int = 40) -> RunPatch:
    return RunPatch(run=run, changes=(change(path, hunk(path, start, removed, added)),))


OLD = ["    return items[index]"]
GUARD = ["    if not items:", "        return None", "    return items[index]"]
SAME = patch("one", OLD, GUARD)
AGAIN = patch("two", OLD, ["    # nothing to take", *GUARD])
ELSEWHERE = patch("three", [], ["    log.warning(question)"], start=300)
OTHER_FILE = patch("four", [], ["    raise ValueError(name)"], path="src/b.py")


def test_runs_that_agree_score_above_a_run_that_stands_alone():
    found = {each.run: each for each in agreement([SAME, AGAIN, ELSEWHERE, OTHER_FILE]).runs}
    assert min(found["one"].score, found["two"].score) > max(found["three"].score, found["four"].score)
    assert found["one"].peers == 3
    assert found["one"].reasons[:2] == (
        "1 of 3 other runs edited the same place",
        "1 of 3 made the same change",
    )
    assert found["three"].reasons[0] == "none of 3 other runs edited here"


def test_a_comment_does_not_make_two_changes_different():
    assert likeness(shape(SAME.changes), shape(AGAIN.changes)) == (1.0, 1.0, 1.0, 1.0)
    assert code("x = 1  # one", "a.py") == "x = 1"
    assert code("x = 1  // one", "a.ts") == "x = 1"
    assert code(" * of a block", "a.ts") == ""
    assert code("#include <a>", "a.c") == "#include <a>"


def test_a_site_that_most_others_edited_is_named_where_it_was_missed():
    found = agreement([SAME, AGAIN, ELSEWHERE])
    (missed,) = found.runs[2].missed
    assert (missed.path, missed.first, missed.runs) == ("src/a.py", 40, ("one", "two"))
    assert "did not edit src/a.py:40, which 2 of 2 did" in found.runs[2].reasons
    (alone,) = found.runs[2].alone
    assert (alone.first, alone.runs) == (300, ("three",))
    assert found.runs[0].missed == found.runs[0].alone == ()


def test_regions_join_near_edits_and_tell_whether_the_runs_did_the_same():
    near = patch("near", ["x = 2"], ["x = 3"], start=42)
    far = patch("far", ["y = 2"], ["y = 3"], start=60)
    first, second = agreement([SAME, AGAIN, near, far]).regions
    assert (first.first, first.last, first.runs, first.alike) == (40, 43, ("one", "two", "near"), 2)
    assert first.contested
    assert (second.runs, second.contested) == (("far",), False)


def test_each_hunk_knows_who_else_was_there_and_who_did_the_same():
    near = patch("near", ["x = 2"], ["x = 3"], start=41)
    found = agreement([SAME, AGAIN, near, OTHER_FILE])
    (own,) = found.hunks["one"].values()
    assert (own.near, own.same) == (("two", "near"), ("two",))
    (lonely,) = found.hunks["four"].values()
    assert (lonely.near, lonely.same) == ((), ())
    assert found.files == {"src/a.py": ("one", "two", "near"), "src/b.py": ("four",)}


def test_more_runs_that_agree_count_for_more():
    scores = [
        agreement([patch(str(number), OLD, GUARD) for number in range(many)]).runs[0].score for many in (1, 2, 3, 6)
    ]
    assert scores == sorted(scores)
    assert len(set(scores)) == 4


def test_tests_do_not_count_unless_there_is_nothing_else():
    test = change("tests/test_a.py", hunk("tests/test_a.py", 1, [], ["assert a([]) is None"]))
    with_test = RunPatch(run="two", changes=(*SAME.changes, test))
    assert likeness(shape(SAME.changes), shape(with_test.changes)).overall == 1.0
    assert shape((test,)).added == 1


def test_one_run_alone_is_compared_with_nobody():
    (only,) = agreement([SAME]).runs
    assert (only.peers, only.place, only.alone, only.missed) == (0, 0.0, (), ())
    assert only.reasons == ("no other run to compare with",)
    assert agreement([]).runs == ()


def test_code_that_the_task_spells_out_is_recognised():
    text = "It should read:\n```\n    if not items:\n```\nand so on"
    assert quoted_share(SAME.changes, text) == pytest.approx(1 / 3)
    assert quoted_share(SAME.changes, "if not") == 0.0
    assert agreement([SAME, ELSEWHERE], text).runs[0].score > agreement([SAME, ELSEWHERE]).runs[0].score


def test_two_patches_of_one_run_are_refused():
    with pytest.raises(ValueError, match="same run"):
        agreement([SAME, SAME])


def test_a_new_file_and_an_insertion_have_a_place():
    inserted = patch("one", [], ["x = 1"], start=7)
    (region,) = agreement([inserted]).regions
    assert (region.first, region.last) == (7, 7)


def test_the_figures_of_a_known_race_stay_as_they_are():
    found = agreement([SAME, AGAIN, ELSEWHERE, OTHER_FILE])
    figures = [(each.run, round(each.place, 3), round(each.pairs, 3), round(each.score, 3)) for each in found.runs]
    assert figures == [
        ("one", 0.333, 0.333, 0.208),
        ("two", 0.333, 0.333, 0.208),
        ("three", 0.0, 0.028, -0.053),
        ("four", 0.0, 0.028, -0.049),
    ]


LINES = st.lists(st.text(alphabet="abx =()#'\"/*\n\t é", max_size=12), max_size=5)
PATCHES = st.lists(
    st.tuples(LINES, LINES, st.integers(1, 9), st.sampled_from(["a.py", "b/c.ts", "tests/test_a.py"])), max_size=5
)


def race(drawn) -> list[RunPatch]:
    return [
        patch(str(at), removed, added, path=path, start=start) for at, (removed, added, start, path) in enumerate(drawn)
    ]


@settings(deadline=None, max_examples=60)
@given(PATCHES)
def test_likeness_is_symmetric_lies_between_nothing_and_all_and_is_full_with_itself(drawn):
    shapes = [shape(each.changes) for each in race(drawn)]
    for one in shapes:
        for other in shapes:
            assert likeness(one, other) == likeness(other, one)
            assert all(0 <= view <= 1 for view in likeness(one, other))
        same = likeness(one, one)
        assert same.names == same.lines == same.pairs == 1.0
        assert same.place == (1.0 if one.places else 0.0)


@settings(deadline=None, max_examples=60)
@given(PATCHES, st.randoms())
def test_the_order_in_which_runs_are_given_changes_no_score(drawn, chance):
    patches = race(drawn)
    before = {each.run: round(each.score, 9) for each in agreement(patches).runs}
    chance.shuffle(patches)
    assert {each.run: round(each.score, 9) for each in agreement(patches).runs} == before


@settings(deadline=None, max_examples=60)
@given(PATCHES)
def test_every_edited_line_lies_in_exactly_one_region_that_names_its_run(drawn):
    found = agreement(race(drawn))
    spans = sorted((each.path, each.first, each.last) for each in found.regions)
    assert all(a[0] != b[0] or a[2] + 3 < b[1] for a, b in pairwise(spans))
    for each in found.runs:
        assert all(each.run not in region.runs for region in each.missed)
        assert all(region.runs == (each.run,) for region in each.alone)


def test_a_race_of_large_hostile_patches_is_compared_in_seconds():
    lines = ["(" * 50_000, *["a = b + c"] * 30_000]
    before = time.process_time()
    agreement([patch(str(number), [], lines, start=number * 5 + 1) for number in range(3)])
    assert time.process_time() - before < 10


def test_the_benchmark_prints_auc_and_precision_from_visible_green_records_only(tmp_path: Path):
    def text(start: int, added: str) -> str:
        return f"--- a/a.py\n+++ b/a.py\n@@ -{start},1 +{start},1 @@\n-x = old\n+{added}\n"

    rows = [
        {"agent": "1", "patch": text(3, "x = new(1)"), "correct": True},
        {"agent": "2", "patch": text(3, "x = new(1)"), "correct": True},
        {"agent": "3", "patch": text(90, "z = 'wrong'"), "correct": False},
        {"agent": "4", "patch": "no diff at all", "correct": True, "visible_green": False},
    ]
    common = {"task": "t", "repo": "r", "problem_statement": "mend it", "visible_green": True, "clean_core": True}
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(common | row) + "\n" for row in rows))
    command = [sys.executable, str(BENCHMARK), str(file), "--json"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert (result["n"], result["auc"]) == (3, 1.0)
    assert result["precision"] == {"10%": 1.0, "20%": 1.0, "30%": 1.0}
