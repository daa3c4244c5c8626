"""Protected areas and pace."""

from __future__ import annotations

import time

from podium.project.constructs import fault_of_construct, finds
from podium.project.model import Protected, Settings
from podium.project.rules import dispatch_blocked, dispatch_room, protected_touch
from podium.runs.model import DiffLine, FileChange, Hunk


def _settings(*areas: Protected) -> Settings:
    return Settings(project="x", protected=areas)


def _change(path: str, *lines: DiffLine, old_path: str = "") -> FileChange:
    hunk = Hunk(id="h", path=path, old_start=1, new_start=1, section="", lines=lines)
    return FileChange(
        path=path,
        old_path=old_path or path,
        status="renamed" if old_path else "modified",
        old_mode="100644",
        new_mode="100644",
        old_blob="a",
        new_blob="b",
        added=1,
        removed=0,
        binary=False,
        hunks=(hunk,),
    )


def _line(kind: str, text: str, number: int = 7) -> DiffLine:
    return DiffLine(kind=kind, old=number if kind != "+" else 0, new=number if kind != "-" else 0, text=text)  # type: ignore[arg-type]


AUTH = Protected(rule="human-only", paths=("src/auth/**",), reason="signs tokens")
EVAL = Protected(rule="extra-checks", constructs=(r"\beval\(",), checks=("make audit",))


def test_a_change_inside_a_protected_path_touches_it() -> None:
    (touch,) = protected_touch([_change("src/auth/token.py"), _change("src/a.py")], _settings(AUTH))
    assert (touch.rule, touch.path, touch.reason) == ("human-only", "src/auth/token.py", "signs tokens")
    assert "src/auth/**" in touch.why


def test_a_file_that_is_renamed_out_of_a_protected_path_touches_it() -> None:
    (touch,) = protected_touch([_change("src/free.py", old_path="src/auth/token.py")], _settings(AUTH))
    assert touch.path == "src/auth/token.py"


def test_an_odd_file_name_cannot_step_around_a_protected_path() -> None:
    assert protected_touch([_change('"src/auth/x\\377.py"')], _settings(AUTH))


def test_a_construct_is_found_in_added_and_in_removed_lines_but_not_in_context() -> None:
    added = protected_touch([_change("a.py", _line("+", "x = eval(y)", 3))], _settings(EVAL))
    removed = protected_touch([_change("a.py", _line("-", "x = eval(y)", 4))], _settings(EVAL))
    assert [(touch.line, touch.side, touch.checks) for touch in added + removed] == [
        (3, "new", ("make audit",)),
        (4, "old", ("make audit",)),
    ]
    assert protected_touch([_change("a.py", _line(" ", "x = eval(y)"))], _settings(EVAL)) == ()


def test_a_construct_with_paths_counts_only_inside_them() -> None:
    area = Protected(rule="two-reviewers", paths=("src/**",), constructs=("unsafe",))
    settings = _settings(area)
    assert protected_touch([_change("src/a.rs", _line("+", "unsafe {"))], settings)
    assert not protected_touch([_change("docs/a.md", _line("+", "unsafe {"))], settings)
    assert not protected_touch([_change("src/a.rs", _line("+", "safe {"))], settings)


def test_a_construct_is_found_at_the_end_of_a_very_long_line() -> None:
    assert finds(r"\beval\(", "x" * 1_000_003 + " eval(y)")
    assert not finds(r"\beval\(", "x" * 1_000_003)


def test_patterns_that_take_for_ever_are_refused_and_others_are_quick() -> None:
    assert fault_of_construct("(a+)+b") is not None
    assert fault_of_construct("(a|b*)*c") is not None
    assert fault_of_construct("(?:a++)+b") is None
    begin = time.monotonic()
    finds("a.*b.*c", "a" * 200_000)
    assert time.monotonic() - begin < 5


FILES = ("src/auth/token.py", "src/web/page.py", "certs/key.pem")


def test_a_task_whose_scope_holds_a_human_only_file_is_not_dispatched() -> None:
    (block,) = dispatch_blocked(("src/**", "tests/**"), _settings(AUTH), FILES)
    assert "src/auth/token.py is for people only (signs tokens)" in block.message
    assert "src/**" in block.message
    assert dispatch_blocked(("src/web/**",), _settings(AUTH), FILES) == ()


def test_a_task_that_names_only_human_only_paths_is_not_dispatched_even_before_they_exist() -> None:
    assert dispatch_blocked(("src/auth/new.py",), _settings(AUTH), FILES)
    assert dispatch_blocked(("src/auth/sub/**",), _settings(AUTH), ())


def test_a_pattern_that_could_match_anywhere_blocks_only_where_a_file_is() -> None:
    keys = _settings(Protected(rule="human-only", paths=("**/*.pem",)))
    assert dispatch_blocked(("src/**",), keys, FILES) == ()
    assert dispatch_blocked(("certs/**",), keys, FILES)


def test_without_the_files_any_common_path_blocks() -> None:
    assert dispatch_blocked(("src/**",), _settings(AUTH))


def test_other_rules_and_constructs_do_not_block_dispatch() -> None:
    areas = (Protected(rule="two-reviewers", paths=("src/**",)), Protected(rule="human-only", constructs=("eval",)))
    assert dispatch_blocked(("src/**",), _settings(*areas), FILES) == ()


def test_dispatch_holds_back_beyond_the_review_capacity_and_says_so() -> None:
    assert dispatch_room(4, 5).open
    assert not dispatch_room(5, 5).open
    assert "5 candidates wait for your review" in dispatch_room(5, 5).why
    assert "1 candidate waits" in dispatch_room(1, 1).why
