"""Specs, plans and settings that are not what they should be, or not any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile_world import SPEC, Case, World

from podium.testing import actions
from podium.testing.script import rounds

SPEC_FILE = "specs/numbers.md"
PLAN_FILE = "specs/numbers.plan.toml"
BOMB = "---\ntitle: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 8)}]\n" for before, name in zip("bcdefgh", "cdefghi", strict=True)
)
BAD_DOCUMENTS = {
    "empty": b"",
    "blank": b"\n\n   \n",
    "binary": bytes(range(256)) * 40,
    "nul": b"---\ntitle: x\n---\n\0",
    "latin": "---\ntitle: Größe\n---\n".encode("latin-1"),
    "utf16": SPEC.encode("utf-16"),
    "huge": b"# x\n" + b"a" * 12_000_000,
    "bomb": BOMB.encode() + b"---\n# x\n",
    "nested": b"> " * 20_000 + b"x\n" + b"[" * 20_000,
    "unclosed": b"---\ntitle: x\n",
}


@pytest.fixture(scope="module")
def shared(build_module_world: Callable[..., World]) -> World:
    case = Case(rounds((actions.Write(path="src/a/x.py", text="print(1)\n"),)))
    return build_module_world({"a": case, "b": case})


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    """The documents are as they were approved, before each test."""
    kept = {name: (shared.root / name).read_bytes() for name in (SPEC_FILE, PLAN_FILE, "podium.toml")}
    yield shared
    for name, content in kept.items():
        place = shared.root / name
        if place.is_dir() and not place.is_symlink():
            place.rmdir()
        else:
            place.unlink(missing_ok=True)
        place.write_bytes(content)
    shared.assert_ledger_verifies()


@pytest.mark.parametrize("fault", sorted(BAD_DOCUMENTS))
def test_a_spec_that_is_no_spec_is_refused_with_its_place(world: World, fault: str) -> None:
    (world.root / SPEC_FILE).write_bytes(BAD_DOCUMENTS[fault])
    for verb in (["spec", "lint", "numbers"], ["plan", "approve", "numbers", "--yes"]):
        result = world.podium_here(*verb)
        assert result.code in (1, 2), (verb, result)
        assert SPEC_FILE in result.text, (verb, result)
    for verb in (
        ["spec", "show", "numbers"],
        ["spec", "list"],
        ["plan", "draft", "numbers"],
        ["plan", "check", "numbers"],
    ):
        assert world.podium_here(*verb).code in (0, 1, 2)
    assert world.podium_here("run", "--no-follow", "numbers").code == 2


@pytest.mark.parametrize("fault", [*sorted(BAD_DOCUMENTS), "deep"])
def test_a_plan_that_is_no_plan_is_refused_with_its_place(world: World, fault: str) -> None:
    content = b"x = " + b"[" * 30_000 if fault == "deep" else BAD_DOCUMENTS[fault]
    (world.root / PLAN_FILE).write_bytes(content)
    for verb in (["plan", "check", "numbers"], ["plan", "approve", "numbers", "--yes"], ["plan", "show", "numbers"]):
        result = world.podium_here(*verb)
        assert result.code == 2, (verb, result)
        assert PLAN_FILE in result.err, (verb, result)


@pytest.mark.parametrize("name", [SPEC_FILE, PLAN_FILE])
def test_a_directory_or_a_dead_link_in_place_of_a_document_is_told(world: World, name: str) -> None:
    place = world.root / name
    for make in (Path.mkdir, lambda path: path.symlink_to("nowhere"), lambda path: path.symlink_to(path.name)):
        place.unlink() if place.is_symlink() or place.is_file() else place.rmdir()
        make(place)
        result = world.podium_here("plan", "approve", "numbers", "--yes")
        assert result.code == 2, result
        assert name in result.err


@pytest.mark.parametrize("name", [SPEC_FILE, PLAN_FILE])
def test_an_edit_after_the_approval_makes_it_count_no_more(world: World, name: str) -> None:
    place = world.root / name
    place.write_bytes(place.read_bytes() + b"\n")
    refused = world.podium_here("run", "--no-follow", "numbers")
    assert refused.code == 2
    assert "podium plan approve numbers" in refused.err
    assert world.run_of("a") is None
    world.podium_here("status")
    world.podium_here("attention")


def test_a_plan_that_names_an_unknown_agent_is_not_approved(world: World) -> None:
    place = world.root / PLAN_FILE
    place.write_text(place.read_text().replace('"scripted"', '"nobody"'))
    result = world.podium_here("plan", "approve", "numbers", "--yes")
    assert result.code == 1
    assert "nobody" in result.out
    assert "not approved" in result.out
    assert world.podium_here("plan", "check", "numbers").code == 1


def test_an_unknown_agent_is_not_given_a_task(world: World) -> None:
    result = world.podium_here("run", "--no-follow", "numbers", "--agent", "nobody")
    assert result.code == 2
    assert "no agent is called nobody" in result.err
    assert world.run_of("a") is None


@pytest.mark.parametrize("text", [b"", b"[project", b"\0", b'[project]\nname = "x"\n[review]\ncapacity = -1\n'])
def test_settings_broken_after_the_registration_stop_the_run_and_name_the_line(world: World, text: bytes) -> None:
    (world.root / "podium.toml").write_bytes(text)
    result = world.podium_here("run", "--no-follow", "numbers")
    assert result.code == 2
    assert "podium.toml" in result.err
    assert world.podium_here("status").code == 0


@pytest.mark.parametrize("name", ["../outside", "a/b", "a\nb", "", ".", "-x", "\x1b[2J", "a" * 300, "CON\u202e"])
def test_a_name_that_would_leave_the_folder_is_no_name_of_a_spec(world: World, name: str) -> None:
    before = sorted(each.name for each in world.base.rglob("*.md"))
    assert world.podium_here("spec", "new", "--", name).code == 2
    assert sorted(each.name for each in world.base.rglob("*.md")) == before
