from __future__ import annotations

import msgspec
import pytest
from evidence_cases import EXECUTABLE, GITLINK, NOTHING, REGULAR, SYMLINK, changed, task

from podium.evidence.model import Fails, Holds, Item, NotRun
from podium.evidence.rules import findings_from_changes
from podium.plan.model import Task
from podium.project.model import Protected, Settings
from podium.runs.model import DiffLine, FileChange

SETTINGS = Settings(project="p")


def item(kind: str, *changes: FileChange, about: Task | None = None, settings: Settings = SETTINGS) -> Item:
    items = findings_from_changes(changes, about or task(), settings, base_tree="b", tree="t")
    return next(item for item in items if item.kind == kind)


def rules(found: Item) -> list[str]:
    return [finding.rule for finding in found.findings]


def test_an_ordinary_change_holds_in_every_respect() -> None:
    change = changed("src/a.py", "x = 1\ny = 2\n", "x = 1\ny = 3\n")
    items = findings_from_changes((change,), task(), SETTINGS, base_tree="b", tree="t")
    assert {entry.outcome for entry in items} == {Holds()}
    assert len({entry.id for entry in items}) == len(items)


def test_an_empty_candidate_fails_and_that_is_required() -> None:
    found = item("empty")
    assert isinstance(found.outcome, Fails)
    assert found.required


def test_files_outside_the_scope_are_named() -> None:
    found = item("scope", changed("src/a.py", "", "x"), changed("ci/b.yml", None, "x"), about=task(scope=("src/**",)))
    assert [finding.path for finding in found.findings] == ["ci/b.yml"]


def test_a_file_moved_out_of_the_scope_is_outside() -> None:
    found = item("scope", changed("lib/a.py", "x", "x", old_path="src/a.py"), about=task(scope=("src/**",)))
    assert [(finding.path, finding.side) for finding in found.findings] == [("lib/a.py", "new")]


def test_a_task_without_scope_is_not_told_to_be_within_it() -> None:
    assert isinstance(item("scope", changed("a", "", "x"), about=task(scope=())).outcome, NotRun)


def test_a_change_over_its_budget_names_the_largest_files() -> None:
    large = changed("src/a.py", None, "\n".join(map(str, range(30))))
    found = item("size", large, changed("b", "", "x"), about=task(budget=20))
    assert found.outcome == Fails(why="31 changed lines; the task's budget is 20")
    assert found.findings[0].path == "src/a.py"


def test_protected_paths_and_constructs_are_found_on_both_sides() -> None:
    areas = (
        Protected(rule="human-only", paths=("auth/**",), reason="keys"),
        Protected(rule="two-reviewers", constructs=(r"\beval\(",)),
    )
    settings = Settings(project="p", protected=areas)
    calc = changed("src/calc.py", "eval(a)\n", "eval2(a)\n")
    found = item("protected", changed("auth/key.py", "", "x"), calc, settings=settings)
    assert rules(found) == ["protected/human-only", "protected/two-reviewers"]
    assert (found.findings[1].side, found.findings[1].line) == ("old", 1)


def test_a_repository_inside_the_candidate_is_told_because_its_content_is_lost() -> None:
    nested = changed("vendor/x", None, "Subproject commit 1", new_mode=GITLINK)
    found = item("embedded", nested)
    assert rules(found) == ["embedded-repository"]
    assert found.required


def test_a_moved_submodule_is_not_an_embedded_repository() -> None:
    assert rules(item("embedded", changed("v", "1", "2", old_mode=GITLINK, new_mode=GITLINK))) == ["submodule-moved"]


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../x", "a/../../../x", ".git/config", "../.GIT/hooks/x", "../.."]
)
def test_a_link_that_leads_outside_is_found(target: str) -> None:
    found = item("symlinks", changed("docs/link", None, target, new_mode=SYMLINK))
    assert rules(found) == ["symlink"]


@pytest.mark.parametrize("target", ["x", "../README.md", "a/../b", ".gitignore"])
def test_a_link_within_the_repository_is_fine(target: str) -> None:
    assert item("symlinks", changed("docs/link", None, target, new_mode=SYMLINK)).outcome == Holds()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("if admin:\u202e # check", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("pass\u200bword = 1", "U+200B ZERO WIDTH SPACE"),
        ("a\u200db = 1", "U+200D ZERO WIDTH JOINER"),
        ("x = '\x1b[2J'", "U+001B control character"),
        ("a\rb", "U+000D control character"),
        ("// only a remark\u2028steal()", "U+2028 LINE SEPARATOR"),
        ("x = 'a\ufe01'", "U+FE01 VARIATION SELECTOR-2"),
        ("k\u2800ey = 1", "U+2800 BRAILLE PATTERN BLANK"),
    ],
)
def test_hidden_characters_in_added_lines_are_named(text: str, name: str) -> None:
    change = changed("a.py", "one", "one\nTWO")
    row = change.hunks[0].lines[-1]
    hostile = _with_last_text(change, text)
    found = item("hidden-characters", hostile)
    assert [finding.message for finding in found.findings] == [f"holds {name}"]
    assert found.findings[0].line == row.new


@pytest.mark.parametrize(
    "text", ["# 👩‍💻 wrote it", "می‌خواهم", "tab\there", "\ufeffimport x", "ends with return\r", "1️⃣ ❤️"]
)
def test_ordinary_writing_holds_nothing_hidden(text: str) -> None:
    assert item("hidden-characters", _with_last_text(changed("a.py", None, "TWO"), text)).outcome == Holds()


def test_what_is_not_looked_at_is_not_called_free_of_hidden_characters() -> None:
    long = _with_last_text(
        changed("a.js", None, "TWO"), "x" * 10_000 + " [7 more characters of this line are not shown]"
    )
    assert rules(item("hidden-characters", long)) == ["text-not-shown"]
    hunk = long.hunks[0]
    rest = DiffLine(kind=" ", old=0, new=0, text="[9 more lines of this hunk are not shown]")
    cut = msgspec.structs.replace(long, hunks=(msgspec.structs.replace(hunk, lines=(rest,)),))
    assert rules(item("hidden-characters", cut)) == ["text-not-shown"]


def test_a_hidden_character_in_a_file_name_is_found() -> None:
    assert rules(item("hidden-characters", changed("a\u202eyp.exe", None, "x"))) == ["hidden-characters"]


def test_mode_changes_and_new_executables_are_told() -> None:
    found = item(
        "modes",
        changed("a.sh", "x", "x", new_mode=EXECUTABLE),
        changed("b.sh", None, "x", new_mode=EXECUTABLE),
        changed("c.sh", "x", None, old_mode=REGULAR, new_mode=NOTHING),
    )
    assert [finding.path for finding in found.findings] == ["a.sh", "b.sh"]


def test_fingerprints_survive_line_shifts_and_tell_equal_lines_apart() -> None:
    def prints(old: str, new: str) -> list[str]:
        return [found.fingerprint for found in item("hidden-characters", changed("a.py", old, new)).findings]

    text = "a\u200b\nb\na\u200b\n"
    first, shifted = prints("", text), prints("", "\n\n\n" + text)
    assert first == shifted
    assert len(set(first)) == 2


def test_a_flood_of_findings_is_cut_and_counted() -> None:
    found = item("scope", *(changed(f"x/{n}", None, "x") for n in range(500)), about=task(scope=("src/**",)))
    assert found.outcome == Fails(why="500 files outside the task's scope")
    assert len(found.findings) == 201
    assert found.findings[-1].message == "300 more are not listed"


def _with_last_text(change: FileChange, text: str) -> FileChange:
    """The same change, its last line replaced by one that `splitlines` would tear apart."""
    hunk = change.hunks[-1]
    line = msgspec.structs.replace(hunk.lines[-1], text=text)
    hunk = msgspec.structs.replace(hunk, lines=(*hunk.lines[:-1], line))
    return msgspec.structs.replace(change, hunks=(*change.hunks[:-1], hunk))
