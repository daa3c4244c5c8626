"""Reading a spec: the many ways in which people write one, and what cannot be read."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from podium.kernel.errors import UsageError
from podium.spec.blob import blob_id
from podium.spec.model import Spec
from podium.spec.outline import read_outline
from podium.spec.parse import check_name, new_spec, parse_spec, spec_name
from podium.spec.rules import lint

HEAD = "---\ntitle: Rate limit\nowner: Ada\nrisk: low\nscope: [src/**]\n---\n\n## Intent\n\nWhy.\n\n## Behaviour\n\n"


def _parse(body: str, head: str = HEAD) -> Spec:
    return parse_spec(head + body, "specs/rate-limit.md")


@pytest.mark.parametrize(
    "written",
    [
        "- B1: It answers.",
        "- B1 It answers.",
        "- B1. It answers.",
        "- B1) It answers.",
        "- B1 - It answers.",
        "- B1 \u2013 It answers.",
        "- **B1** It answers.",
        "- **B1:** It answers.",
        "- **B1**: It answers.",
        "- **B1: It answers.**",
        "- `B1` It answers.",
        "- _B1_ It answers.",
        "- [ ] B1: It answers.",
        "- [x] **B1** It answers.",
        "* B1: It answers.",
        "1. B1: It answers.",
        "B1: It answers.",
        "**B1** It answers.",
        "### B1\nIt answers.",
        "### B1: It answers.",
        "### **B1**\n\nIt answers.",
        "- b1: It answers.",
    ],
)
def test_a_clause_may_be_written_as_people_like(written: str) -> None:
    spec = _parse(written)
    assert [(clause.id, clause.kind, clause.text.rstrip("*")) for clause in spec.clauses] == [
        ("B1", "behaviour", "It answers.")
    ]
    assert spec.clauses[0].line == 14
    source = (HEAD + written).split("\n")[13]
    assert source[spec.clauses[0].column - 1 :].lower().startswith("b1")


@pytest.mark.parametrize(
    ("written", "check"),
    [
        ("- B1: Answers.\n  check: `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n  check: pytest -q", "pytest -q"),
        ("- B1: Answers.\n  Check: `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n  **Check:** `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n  Checked by: `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n  - check: `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n\n  check: `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n  check: ``echo `x` ``", "echo `x`"),
        ("- B1: Answers.\n  check: `pytest\n  -q`", "pytest -q"),
        ("- B1: Answers.\ncheck: `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n\ncheck: `pytest -q`", "pytest -q"),
        ("- B1: Answers.\n\n  ```check\n  pytest -q\n  ```", "pytest -q"),
        ("- B1: Answers.\n\n```check\npytest -q\n```", "pytest -q"),
        ("### B1\nAnswers.\n\n```check\npytest -q\n```", "pytest -q"),
        ("B1: Answers.\ncheck: `pytest -q`", "pytest -q"),
        ("- B1: Answers.", ""),
        ("- B1: Answers. We check: nothing.", ""),
    ],
)
def test_a_clause_may_carry_a_check(written: str, check: str) -> None:
    spec = _parse(written)
    assert [clause.check for clause in spec.clauses] == [check]
    assert spec.clauses[0].text.startswith("Answers.")
    assert "pytest" not in spec.clauses[0].text


def _exit(command: str, tmp_path: Path) -> int:
    return subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=False).returncode


def test_several_checks_hold_only_if_each_does(tmp_path: Path) -> None:
    good, bad = (
        _parse(f"- B1: Answers.\n  check: `cd /; true`\n  check: `{second}`\n").clauses[0].check
        for second in ("test -w .", "false")
    )
    assert (_exit(good, tmp_path), _exit(bad, tmp_path)) == (0, 1)
    block = _parse("- B1: Answers.\n\n  ```check\n  false\n  true\n  ```\n").clauses[0].check
    assert _exit(block, tmp_path) == 1


def test_what_is_indented_below_a_clause_belongs_to_it_and_what_follows_does_not() -> None:
    spec = _parse("- B1: One\n  more.\n\n  And more:\n  - this\n  - that\n- B2: Two.\n\nJust prose.\n")
    assert [clause.text for clause in spec.clauses] == ["One\nmore.\nAnd more:\nthis\nthat", "Two."]


def test_a_sentence_about_clauses_is_not_a_clause() -> None:
    spec = _parse("- B1: One.\n\nB1 and B2 apply to both.\n")
    assert [clause.id for clause in spec.clauses] == ["B1"]


def test_code_that_begins_a_clause_keeps_its_quotes() -> None:
    assert _parse("- B1: `parse` returns `None`.").clauses[0].text == "`parse` returns `None`."


def test_sections_have_other_names_too_and_unknown_ones_are_passed_over() -> None:
    spec = parse_spec(
        "# Title\n## Why\nBecause.\n## Notes\n- B9: not a clause here\n## Requirements\n- B1: a\n"
        "## Edge case\n- E1: b\n## Definition of done\n- D1: c\n## Non-goals\nThat.\n",
        "x.md",
    )
    assert (spec.title, spec.intent, spec.out_of_scope) == ("Title", "Because.", "That.")
    assert [clause.id for clause in spec.clauses] == ["B1", "E1", "D1"]


def test_front_matter_is_read_as_people_write_it() -> None:
    spec = parse_spec(
        "---\n# a comment\ntitle: Limits: per key  # and so on\nowner: No\nrisk: HIGH\nscope:\n  - **/*.py # all\n"
        "  - \"a b/**\"\n- 'it''s'\n---\n",
        "x.md",
    )
    assert (spec.title, spec.owner, spec.risk) == ("Limits: per key", "No", "high")
    assert spec.scope == ("**/*.py", "a b/**", "it's")


def test_a_list_in_brackets_may_hold_globs_with_brackets() -> None:
    spec = parse_spec("---\nscope: [src/[ab]/**, 'x, y', \"z\"]  # c\n---\n", "x.md")
    assert spec.scope == ("src/[ab]/**", "x, y", "z")


def test_comments_are_not_part_of_the_text() -> None:
    spec = _parse("- B1: Answers <!-- really? --> twice.\n").clauses
    assert spec[0].text == "Answers  twice."
    assert parse_spec("## Intent\n<!-- hint\nmore -->\nWhy.\n", "x.md").intent == "Why."


def test_the_blob_is_the_one_that_git_computes(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf# x\r\n"
    told = subprocess.run(
        ["git", "hash-object", "--stdin"], input=data, capture_output=True, check=True, cwd=tmp_path
    ).stdout.decode()
    assert blob_id(data) == told.strip()
    assert parse_spec(data, "x.md").blob == told.strip()


def test_windows_line_ends_and_a_byte_order_mark_change_nothing_but_the_blob() -> None:
    text = HEAD + "- B1: Answers.\n  check: `true`\n"
    plain, odd = parse_spec(text, "x.md"), parse_spec(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "x.md")
    assert (plain.clauses, plain.scope, plain.intent) == (odd.clauses, odd.scope, odd.intent)
    assert plain.blob != odd.blob


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (b"", "x.md", "empty"),
        (b" \n\t\n", "x.md", "empty"),
        (b"ok\n\x00\x01", "x.md:2", "binary"),
        (b"ok\nok\n\xff", "x.md:3", "0xff is not UTF-8"),
        (b"a" * 10_000_000, "x.md", "10,000,000 bytes"),
        (b"---\ntitle: x\n", "x.md:1:1", "never ends"),
        (b"---\ntitle\n---\n", "x.md:2:1", "no setting"),
        (b"---\ntitle: a\ntitle: b\n---\n", "x.md:3:1", "twice"),
        (b"---\n- a\n---\n", "x.md:2:1", "without a key"),
        (b"---\nscope: [a\n---\n", "x.md:2:8", "not closed"),
        (b"---\ntitle: 'a\n---\n", "x.md:2:8", "not closed"),
        (b"---\ntitle: 'a' b\n---\n", "x.md:2:11", "after the closing quote"),
        (b"---\ntitle: |\n  a\n---\n", "x.md:2:8", "more YAML"),
        (b"---\nscope:\n" + b"- a\n" * 600 + b"---\n", "", "more than 500"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(content: bytes, where: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(content, "x.md")
    assert caught.value.where == where
    assert what in caught.value.what
    assert caught.value.do


@pytest.mark.parametrize(
    "body",
    [
        "[" * 60_000,
        "> " * 30_000 + "x",
        "- " * 30_000 + "B1: x",
        "*a " * 20_000,
        "`" * 60_000,
        "".join("`" * (number % 300) + " " for number in range(400)),
        "<!--" * 15_000,
        "- B1: " + "x and then also the " * 3_000,
        "- B1: " + "must be " * 7_000,
        "- B1: " + "a, " * 20_000,
        "- B1: x\n" * 6_000,
        "\n".join(f"- B{number}: the limit is {number} per key and hour" for number in range(1, 1_000)),
        "![" * 20_000 + "](" * 20_000,
        "|" * 60_000,
        "#" * 60_000,
        "a\n" * 30_000,
    ],
    ids=range(16),
)
def test_a_hostile_document_takes_no_long_time(body: str) -> None:
    begin = time.process_time()
    lint(_parse(body), [])
    assert time.process_time() - begin < 10


def test_a_new_spec_reads_back_and_needs_work_but_is_not_broken() -> None:
    spec = parse_spec(new_spec("rate-limit", "Limits: per key", 'Ada "L" <a@b.org>'), "specs/rate-limit.md")
    assert (spec.title, spec.owner, spec.risk) == ("Limits: per key", 'Ada "L" <a@b.org>', "medium")
    assert [clause.id for clause in spec.clauses] == ["B1", "E1", "D1"]
    rules = {finding.rule for finding in lint(spec, ["src/a.py"])}
    assert rules == {"scope-empty", "empty-clause", "no-intent", "no-out-of-scope"}


def test_the_template_is_a_good_spec_once_its_examples_are_taken_over() -> None:
    text = new_spec("rate-limit", "", "Ada").replace("scope: [] ", "scope: [src/limit/**]")
    for letter in "BED":
        text = text.replace(f"\n- {letter}1:\n", "\n")
    text = text.replace("-->", "").replace("<!--", "").replace("## Out of scope\n", "## Out of scope\n\nPages.\n")
    assert lint(parse_spec(text, "specs/rate-limit.md")) == ()


@pytest.mark.parametrize("name", ["Rate Limit", "rate_limit", "../x", "", "-x", "é", "x/y", "a" * 81])
def test_a_name_that_is_no_slug_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not a name for a spec"):
        check_name(name)


def test_a_name_is_offered_for_one_that_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        check_name("Rate Limit!")
    assert "rate-limit" in caught.value.do
    assert spec_name("specs/rate-limit.md") == "rate-limit"
    with pytest.raises(UsageError, match="Markdown"):
        spec_name("specs/rate-limit.txt")


def test_what_has_no_id_in_a_clause_section_is_kept_for_the_rules() -> None:
    outline = read_outline(HEAD + "- B1: a\n- lost\n\n  its text\n- E1 stays E1\n", "x.md")
    assert [line.text for line in outline.unnumbered] == ["lost"]
    assert [clause.id for clause in outline.clauses] == ["B1", "E1"]
