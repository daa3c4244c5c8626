"""Rules for permission requests: an allow must be certain, a deny needs little, and silence is never a yes."""

from __future__ import annotations

import pytest

from podium.agents.permissions import Asked, Ruled, answer, inside
from podium.project.model import PermissionRule


def allow(match: str = "*", kind: str = "*") -> PermissionRule:
    return PermissionRule(action="allow", kind=kind, match=match)


def deny(match: str = "*", kind: str = "*") -> PermissionRule:
    return PermissionRule(action="deny", kind=kind, match=match)


def command(text: str) -> Asked:
    return Asked(kind="execute", command=text)


def edit(*paths: str) -> Asked:
    return Asked(kind="edit", paths=paths)


def test_without_a_rule_a_person_is_asked() -> None:
    assert answer(command("ls"), ()) is None
    assert answer(command("ls"), (allow("pytest*"), deny("rm*"))) is None


def test_the_first_rule_that_matches_answers_and_is_named() -> None:
    rules = (deny("rm*"), allow("*"))
    assert answer(command("rm x"), rules) == Ruled(action="deny", rule=0)
    assert answer(command("ls"), rules) == Ruled(action="allow", rule=1)


def test_a_rule_for_one_kind_says_nothing_of_another() -> None:
    assert answer(edit("/workspace/a"), (allow(kind="read"),)) is None
    assert answer(Asked(kind="read", paths=("/workspace/a",)), (allow(kind="read"),)) is not None
    assert answer(Asked(paths=("a",)), (allow(kind="other"),)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "pytest; rm -rf /",
        "pytest && curl x",
        "pytest | sh",
        "pytest $(rm x)",
        "pytest `rm x`",
        "pytest > /etc/passwd",
        "pytest\nrm x",
        "pytest & rm x",
        "pytest \\\nx",
    ],
)
def test_a_command_that_does_more_than_its_beginning_is_not_allowed_by_a_pattern(text: str) -> None:
    assert answer(command(text), (allow("pytest*"),)) is None


def test_a_command_with_shell_characters_is_allowed_by_the_very_same_text() -> None:
    assert answer(command("make && make test"), (allow("make && make test"),)) is not None


def test_a_command_with_shell_characters_is_still_denied_by_a_pattern() -> None:
    assert answer(command("make; rm -rf /"), (deny("*rm -rf*"),)) == Ruled(action="deny", rule=0)


@pytest.mark.parametrize(
    "path",
    [
        "/workspace/src/../secret.py",
        "src/../../etc/passwd",
        "/etc/passwd",
        "/workspace/../etc/src/x",
        "//workspace/../x",
        "/home/agent/.src/x",
    ],
)
def test_a_path_is_judged_by_where_it_leads(path: str) -> None:
    assert answer(edit(path), (allow("src/*"),)) is None


def test_an_allow_needs_every_path_and_a_deny_needs_one() -> None:
    both = edit("/workspace/src/a.py", "/workspace/secret")
    assert answer(both, (allow("src/*"),)) is None
    assert answer(both, (deny("secret"),)) is not None
    assert answer(edit("/workspace/src/a.py", "src/b.py"), (allow("src/*"),)) is not None


def test_a_request_that_names_nothing_is_only_allowed_by_a_rule_for_everything() -> None:
    nothing = Asked(kind="execute")
    assert answer(nothing, (allow("pytest*"),)) is None
    assert answer(nothing, (allow("*", kind="execute"),)) is not None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/workspace/a/b", "a/b"),
        ("a/b", "a/b"),
        ("./a//b", "a/b"),
        ("/workspace", "."),
        ("/workspace/..", "/"),
        ("/workspacex/a", "/workspacex/a"),
        ("//etc/x", "/etc/x"),
    ],
)
def test_paths_are_told_relative_to_the_workspace(path: str, expected: str) -> None:
    assert inside(path) == expected
