"""The rules for a spec as a whole: sections, ids, scope, size, clauses against each other; and SARIF."""

from __future__ import annotations

import json

import pytest

from podium.kernel.errors import PodiumError
from podium.kernel.value import canonical
from podium.ledger.event import GENESIS, Record
from podium.spec.events import SpecRecorded
from podium.spec.model import LintFinding
from podium.spec.parse import parse_spec
from podium.spec.rule_book import RULES
from podium.spec.rules import lint
from podium.spec.sarif import to_sarif
from podium.spec.store import Specs

FILES = ("src/limit/a.py", "src/main.py", "tests/test_a.py")


def _spec(
    behaviour: str = "- B1: The server answers 404.\n",
    edges: str = "- E1: An empty name gives 400.\n",
    done: str = "",
    head: str = "title: Shop\nowner: Ada\nrisk: low\nscope: [src/**]\n",
    out: str = "Pages.\n",
    intent: str = "Why.\n",
) -> str:
    return (
        f"---\n{head}---\n\n## Intent\n\n{intent}\n## Behaviour\n\n{behaviour}\n## Edge cases\n\n{edges}\n"
        f"## Done\n\n{done}\n## Out of scope\n\n{out}"
    )


def _lint(text: str, files: tuple[str, ...] | None = FILES) -> tuple[LintFinding, ...]:
    return lint(parse_spec(text, "specs/shop.md"), files)


def _rules(text: str) -> list[str]:
    return [finding.rule for finding in _lint(text)]


def _only(text: str, rule: str) -> LintFinding:
    (finding,) = (finding for finding in _lint(text) if finding.rule == rule)
    return finding


def test_a_small_good_spec_has_no_finding() -> None:
    assert _lint(_spec()) == ()


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        (_spec(edges=""), "no-edge-cases", 16),
        (_spec(out=""), "no-out-of-scope", 23),
        (_spec(intent=""), "no-intent", 8),
        (_spec(behaviour="", edges=""), "no-clauses", 23),
        (_spec(behaviour="- B1:\n"), "empty-clause", 14),
        (_spec(behaviour="- B1: The server answers 404.\n- B1: The server logs `x`.\n"), "duplicate-id", 15),
        (_spec(behaviour="- B01: The server answers 404.\n"), "misnumbered", 14),
        (_spec(behaviour="- B0: The server answers 404.\n"), "misnumbered", 14),
        (_spec(behaviour="- E2: The server answers 404.\n"), "misplaced", 14),
        (_spec(behaviour="- B1: The server answers 404.\n- The server logs `x`.\n"), "unnumbered", 15),
        (_spec(head="title: a\nowner: b\nrisk: huge\nscope: [src/**]\n"), "risk", 4),
        (_spec(head="title: a\nowner: b\nscope: [src/**]\n"), "no-risk", 1),
        (_spec(head="title: a\nrisk: low\nscope: [src/**]\n"), "no-owner", 1),
        (_spec(head="owner: a\nrisk: low\nscope: [src/**]\n"), "no-title", 1),
        (_spec(head="title: a\nowner: b\nrisk: low\nscop: [src/**]\nscope: [src/**]\n"), "unknown-key", 5),
        (_spec(head="title: a\nowner: b\nrisk: low\nscope: []\n"), "scope-empty", 5),
        (_spec(head="title: a\nowner: b\nrisk: low\n"), "scope-empty", 1),
        (_spec(head="title: a\nowner: b\nrisk: low\nscope: [/src/**]\n"), "scope-glob", 5),
        (_spec(head="title: a\nowner: b\nrisk: low\nscope: [srx/**]\n"), "scope-no-match", 5),
        (_spec(intent="Why: to be decided.\n"), "unfinished", 10),
        (_spec(out="\n" * 200 + "x\n"), "too-long", 201),
    ],
)
def test_a_fault_of_the_whole_is_found_at_its_line(text: str, rule: str, line: int) -> None:
    found = _only(text, rule)
    assert found.line == line
    assert found.severity == RULES[rule].severity
    assert found.instead


def test_what_a_fault_offers_instead() -> None:
    twice = _spec(behaviour="- B1: The server answers 404.\n- B1: The server logs `x`.\n")
    assert "B2" in _only(twice, "duplicate-id").instead
    assert "B1" in _only(_spec(behaviour="- B01: The server answers 404.\n"), "misnumbered").instead
    assert "B1:" in _only(_spec(behaviour="- The server logs `x`.\n"), "unnumbered").instead
    head = "title: a\nowner: b\nrisk: low\nscope: [srx/limit/**]\n"
    assert "src/limit/**" in _only(_spec(head=head), "scope-no-match").instead
    assert "Did you mean scope?" in _only(_spec(head="scopes: a\nscope: [src/**]\n"), "unknown-key").instead


def test_no_edge_case_is_an_error_where_the_risk_is_high() -> None:
    high = _spec(edges="", head="title: a\nowner: b\nrisk: high\nscope: [src/**]\n")
    assert _only(high, "no-edge-cases").severity == "error"


def test_scope_is_not_compared_with_files_that_nobody_gave() -> None:
    assert _lint(_spec(head="title: a\nowner: b\nrisk: low\nscope: [new/**]\n"), None) == ()


def test_many_clauses_are_too_many() -> None:
    many = "".join(f"- B{number}: The command `c{number}` exits {number}.\n" for number in range(1, 27))
    assert _only(_spec(behaviour=many), "too-long").line == 14 + 25


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("The server accepts an expired token.", "The server rejects an expired token.", "contradiction"),
        ("The list is sorted ascending by name.", "The list is sorted descending by name.", "contradiction"),
        ("The limit is 100 requests per key.", "The limit is 60 requests per key.", "contradiction"),
        (
            "The exporter writes empty rows to `a.csv`.",
            "The exporter never writes empty rows to `a.csv`.",
            "contradiction",
        ),
        ("A deleted user can log in.", "A deleted user cannot log in.", ""),
        ("The server answers 404 for unknown keys.", "For unknown keys the server answers 404.", "duplicate"),
        ("After 3 failures the lock lasts 5 minutes.", "After 10 failures the lock lasts 60 minutes.", ""),
        ("`GET /a` answers with status 200.", "`GET /b` answers with status 200.", ""),
        ("A valid token is accepted with 200.", "An invalid token is rejected with 200.", ""),
        ("The server accepts a token.", "The client sends a token.", ""),
    ],
)
def test_clauses_are_compared_with_each_other(one: str, other: str, rule: str) -> None:
    found = [
        finding
        for finding in _lint(_spec(behaviour=f"- B1: {one}\n- B2: {other}\n"))
        if finding.rule in ("contradiction", "duplicate")
    ]
    assert [finding.rule for finding in found] == ([rule] if rule else [])
    if found:
        assert found[0].line == 15
        assert "B1" in found[0].message


def test_an_input_asks_for_its_bad_values() -> None:
    edges = "- E1: Two runs at the same time give 2 results.\n"
    found = _only(_spec("- B1: The command takes the option `--limit` and prints 5 rows.\n", edges), "no-bad-values")
    assert "--limit" in found.message


@pytest.mark.parametrize(
    "edges",
    [
        "- E1: A negative `--limit` exits 2.\n",
        "- E1: An unknown option exits 2.\n",
        "- E1: Bad values exit 2.\n",
    ],
)
def test_an_input_whose_bad_values_are_named_raises_no_alarm(edges: str) -> None:
    text = _spec("- B1: The command takes the option `--limit` and prints 5 rows.\n", edges)
    assert "no-bad-values" not in _rules(text)


def test_an_input_without_a_name_is_content_with_any_bad_value() -> None:
    one = "- B1: The page takes an e-mail address and prints 5 rows.\n"
    assert "no-bad-values" in _rules(_spec(one, "- E1: Two runs at the same time give 2 results.\n"))
    assert "no-bad-values" not in _rules(_spec(one, "- E1: A malformed one gives status 400.\n"))


def test_findings_come_in_the_order_of_the_lines() -> None:
    found = _lint(_spec(behaviour="- B2: Fast, etc.\n- B1:\n- B1: Nice.\n", out=""))
    places = [(finding.line, finding.column) for finding in found]
    assert places == sorted(places)


def test_every_rule_has_a_source_and_errors_are_few() -> None:
    assert all(rule.source and rule.title for rule in RULES.values())
    assert {rule.id for rule in RULES.values() if rule.severity == "error"} == {
        "unfinished", "no-clauses", "empty-clause", "duplicate-id", "misnumbered", "unnumbered", "risk", "scope-empty",
        "scope-glob",
    }  # fmt: skip


def test_sarif_names_rule_place_and_level_of_each_finding() -> None:
    found = _lint(_spec(behaviour="- B1: The page loads fast.\n- B2:\n"))
    log = json.loads(json.dumps(to_sarif(found, "1.2.3")))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    assert len(run["results"]) == len(found) == 2
    for finding, result in zip(found, run["results"], strict=True):
        region = result["locations"][0]["physicalLocation"]["region"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert (region["startLine"], region["startColumn"]) == (finding.line, finding.column)
        assert result["level"] == finding.severity
        assert finding.instead in result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "specs/shop.md"


def test_sarif_takes_findings_of_rules_that_it_does_not_know_and_odd_paths() -> None:
    odd = LintFinding(rule="new", severity="error", path="a b\udc80.md", line=0, column=0, message="m", instead="i")
    run = to_sarif([odd], "1")["runs"][0]
    assert run["tool"]["driver"]["rules"][0]["id"] == "new"
    assert " " not in run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert to_sarif([], "1")["runs"][0]["results"] == []


def _record(event: SpecRecorded, kind: str = "spec.recorded") -> Record:
    return Record(
        seq=1, project="p", at="2026-01-01T00:00:00.000Z", actor="person:Ada", kind=kind, subject=event.subject,
        data=canonical(event), previous=GENESIS, hash="0" * 64,
    )  # fmt: skip


def test_every_recorded_version_of_a_spec_is_kept() -> None:
    specs = Specs()
    versions = [SpecRecorded(name="shop", blob=blob, text=blob * 2, title="Shop", risk="low") for blob in "abca"]
    for version in versions:
        specs.apply(_record(version))
    assert specs.latest("shop") == versions[0]
    assert specs.version("shop", "b") == versions[1]
    assert (specs.version("shop", "x"), specs.latest("other"), specs.names()) == (None, None, ("shop",))
    specs.apply(_record(versions[1], "plan.approved"))
    assert specs.latest("shop") == versions[0]
    with pytest.raises(PodiumError, match=r"spec\.burnt"):
        specs.apply(_record(versions[1], "spec.burnt"))
