"""Which hunk is read first, and why."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_cases import change, hunk, item

from podium.evidence.model import Fails, Finding
from podium.review.line_risk import contexts, line_risk
from podium.review.reading import holds_most, reading_order

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "reading_order.py"


def score(text: str, path: str = "a.py") -> float:
    return line_risk(text, path).score


@pytest.mark.parametrize(
    ("riskier", "tamer"),
    [
        ("    if count >= limit and not user.admin:", "    count = limit"),
        ("    return items[index - 1]", "    return items"),
        ("    total += price * (1 - discount)", "    total = price"),
        ("    subprocess.run(command, shell=True)", "    print(command)"),
        ("    except (OSError, ValueError):", "    try:"),
        ("    x = f(y)", "import os"),
        ("    x = f(y)", "    # if x > 3 and y[0] == f(z): return"),
        ("    if x > 3 and y[0] == f(z): return", "    'if x > 3 and y[0] == f(z): return'"),
        (r"    found = re.match(r'a\d+', text)", "    found = first(text)"),
        ("    head, tail = line[:3], line[3:]", "    head, tail = line, rest"),
        ("    if 'already exists' in output:", "    if exists:"),
        ("    x = f(y)", "class Found:"),
        ("    x = 1", ""),
        ("    x = 1", "    )"),
        ("    x = f(y)", "def f(x):"),
    ],
)
def test_a_line_that_decides_or_computes_scores_above_one_that_names_or_explains(riskier, tamer):
    assert score(riskier) > score(tamer)


def test_the_reasons_are_words_and_the_weightiest_comes_first():
    assert line_risk("    if items[n] == last:", "a.py").reasons[0] == "condition"
    assert line_risk("import os", "a.py").reasons == ("import or bracket",)
    assert line_risk("if a == b", "README.md").reasons == ("words",)
    assert line_risk("// if (a == b)", "a.ts").reasons == ("comment",)


def test_docstrings_and_block_comments_are_known_from_the_lines_above():
    source = [
        "def f():",
        '    """Say it.',
        "    if x > 3: return y[0]",
        '    """',
        "    return x",
        '    """One line."""',
    ]
    assert [context.place for context in contexts(source, "a.py")] == [
        "code",
        "string",
        "string",
        "string",
        "code",
        "string",
    ]
    assert [each.place for each in contexts(["/* a", "if (x)", "*/", "b();"], "a.c")] == [
        "comment",
        "comment",
        "comment",
        "code",
    ]


@given(st.text(), st.sampled_from(["a.py", "a.js", "a", "a.md", "x/.py"]))
def test_any_line_has_a_score_and_a_reason(text, path):
    risk = line_risk(text, path)
    assert risk.score >= 0
    assert risk.reasons
    assert len(list(contexts(text.split("\n"), path))) == text.count("\n") + 1


@pytest.mark.parametrize("unit", ["(", "a[", "\\'", '"', "a=", "if ", "- 1", "f(" * 9, "/*", "'''", "<", "\t"])
def test_a_hostile_line_of_a_megabyte_takes_no_time(unit):
    line = unit * (1_000_000 // len(unit))
    before = time.process_time()
    line_risk(line, "a.py")
    list(contexts([line], "a.py"))
    assert time.process_time() - before < 1.0


CODE = change("src/a.py", hunk("src/a.py", [], ["if items[0] >= limit and not done:", "    return items[-1]"]))
NAMES = change("src/b.py", hunk("src/b.py", [], ["import os", "NAME = value"]))
WORDS = change("README.md", hunk("README.md", [], ["if you like it, call(it)"]))
LOCK = change("uv.lock", hunk("uv.lock", [], ["version = 3 if x > 3"]))


def test_hunks_are_read_by_what_their_lines_do_wherever_they_stand_in_the_diff():
    placed = reading_order([WORDS, LOCK, NAMES, CODE])
    assert [each.change.path for each in placed][:2] == ["src/a.py", "src/b.py"]
    assert placed[0].reasons[0] == "condition"
    assert "generated" in placed[-1].reasons or "generated" in placed[-2].reasons


def test_what_evidence_points_at_comes_before_everything_else():
    finding = Finding(
        fingerprint="f", rule="removed-assertion", level="warning", message="m", path="README.md", line=10
    )
    placed = reading_order([CODE, WORDS], [item("weakened", Fails(why="x"), findings=(finding,))])
    assert placed[0].change.path == "README.md"
    assert placed[0].reasons[0] == "finding: removed-assertion"


def test_a_finding_about_a_whole_file_stands_at_its_first_hunk():
    two = change("b.py", hunk("b.py", [], ["x"]), hunk("b.py", [], ["y"], start=90))
    finding = Finding(fingerprint="f", rule="scope", level="error", message="m", path="b.py")
    first, second, third = reading_order([CODE, two], [item("scope", findings=(finding,))])
    assert (first.hunk, second.change.path, third.hunk) == (two.hunks[0], "src/a.py", two.hunks[1])


def test_a_removed_condition_is_named_as_removed():
    (placed,) = reading_order([change("a.py", hunk("a.py", ["    if user.allowed(action):"], []))])
    assert placed.reasons[0] == "condition removed"


def test_files_without_lines_have_their_place_and_reason():
    empty = {"old_blob": "0" * 40}
    made = change("logo.png", hunk("logo.png", [], []))
    binary = msgspec.structs.replace(made, binary=True, **empty)
    link = msgspec.structs.replace(made, new_mode="120000")
    mode = msgspec.structs.replace(made, new_mode="100755")
    module = msgspec.structs.replace(made, new_mode="160000")
    reasons = [reading_order([each])[0].reasons[0] for each in (binary, link, mode, module)]
    assert reasons == ["binary file: cannot be read here", "symbolic link", "mode changed", "submodule"]


def test_nothing_is_lost_and_nothing_is_added():
    changes = [WORDS, LOCK, NAMES, CODE]
    assert {each.hunk.id for each in reading_order(changes)} == {h.id for c in changes for h in c.hunks}


def test_the_first_fifth_is_counted_in_lines_and_says_how_much_risk_it_holds():
    placed = reading_order([WORDS, LOCK, NAMES, CODE])
    count, share = holds_most(placed, 0.4)
    assert count == 1
    assert 0.4 < share < 1
    assert holds_most((), 0.2) == (0, 0.0)


def test_the_benchmark_measures_three_orders(tmp_path: Path):
    new = "import os\nif a > b[0]:\n    c()\n"
    head = "diff --git a/a.py b/a.py\n--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,3 @@\n"
    record = {
        "id": "x-1",
        "project": "x",
        "files": [{"path": "a.py", "old": None, "new": new}],
        "diff": head + "".join(f"+{line}\n" for line in new.splitlines()),
        "defect_lines": [{"path": "a.py", "line": 2}],
    }
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(record) + "\n")
    command = [sys.executable, str(BENCHMARK), str(file), "--json"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert result["n"] == 1
    assert result["ours"] == {"recall@20%": 1.0, "anyhit@20%": 1.0, "ifa_median": 0}
    assert result["diff_order"]["ifa_median"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no record"),
        (b'{"project": "x", "files": [], "diff": ""}\n', "line 1: has no 'defect_lines'"),
        (b"\n{odd\n", "line 2: is no JSON"),
        (b"\xff\xfe", "is not UTF-8 at byte 0"),
        (b"\x1f\x8b\x08", "cannot be read"),
    ],
)
def test_the_benchmark_says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, said: str):
    file = tmp_path / "records.jsonl"
    file.write_bytes(content)
    ran = subprocess.run([sys.executable, str(BENCHMARK), str(file)], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: {file}")
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
