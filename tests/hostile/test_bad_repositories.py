"""Places and repositories that Podium cannot work on, or only in part: said clearly, before anything is made."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_place import Place
from hostile_world import FILES, Case, World

from podium.landing.model import InReview
from podium.testing import actions, odd_repositories
from podium.testing.repositories import Content, Link, Repository, Submodule, build_repository
from podium.testing.script import rounds


def at(place: Place, repository: Repository) -> Place:
    """The same person in another repository."""
    return Place(place.base, repository.path)


def nothing_was_made(place: Place) -> bool:
    return not (place.root / "podium.toml").exists() and not (place.state / "projects").exists()


@pytest.mark.parametrize("verb", [["init", "--yes"], ["status"], ["attention"], ["run"], ["log"], ["land"]])
def test_a_directory_that_is_no_repository_is_told_so(place: Place, verb: list[str]) -> None:
    place.refused(*verb, because="git repository")
    assert nothing_was_made(place)


def test_a_directory_that_does_not_exist_is_told_so(place: Place) -> None:
    place.refused("-C", str(place.base / "nowhere"), "init", because="no such directory")


def test_a_repository_without_commits_is_told_to_make_one(place: Place) -> None:
    empty = at(place, odd_repositories.without_commits(place.base / "empty"))
    result = empty.refused("init", "--yes", because="has no commit yet")
    assert "git commit" in result.err
    assert nothing_was_made(empty)


def test_a_detached_head_is_told_to_check_out_a_branch(place: Place) -> None:
    detached = at(place, odd_repositories.detached(place.base / "detached"))
    assert "git switch" in detached.refused("init", "--yes", because="no branch is checked out").err
    assert nothing_was_made(detached)
    detached.podium("init", "--yes", "--target", "main", code=0)
    assert "main" in detached.podium("status", code=0).out


def test_a_bare_repository_is_told_to_use_a_clone(place: Place) -> None:
    bare = at(place, odd_repositories.bare(place.base / "bare"))
    assert "clone" in bare.refused("init", "--yes", because="is a bare repository").err
    assert bare.podium("status").code == 2


def test_the_inside_of_a_git_directory_is_told_to_go_to_the_work_tree(place: Place) -> None:
    inside = Place(place.base, odd_repositories.detached(place.base / "detached").path / ".git")
    inside.refused("init", "--yes", because=".git directory")


def test_a_repository_of_another_user_says_how_to_trust_it(place: Place) -> None:
    import os

    if os.geteuid() != 0:
        pytest.skip("only root can give a repository to another user")
    foreign = at(place, build_repository(place.base / "foreign", FILES))
    for path in (foreign.root, *foreign.root.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    assert "safe.directory" in foreign.refused("init", "--yes", because="belongs to another user").err


def test_a_branch_that_does_not_exist_is_no_target(place: Place) -> None:
    fine = at(place, build_repository(place.base / "fine", FILES))
    fine.refused("init", "--yes", "--target", "nowhere", because="nowhere")
    assert nothing_was_made(fine)


@pytest.mark.parametrize(
    ("build", "note"),
    [
        (odd_repositories.shallow, "shallow clone"),
        (odd_repositories.with_submodule, "submodules (vendor/lib) are empty directories"),
        (odd_repositories.with_lfs_pointers, "Git LFS"),
        (odd_repositories.odd_names, "no agent is set up"),
    ],
    ids=["shallow", "submodule", "lfs", "names"],
)
def test_a_repository_that_agents_see_only_in_part_is_taken_with_a_note(
    place: Place, build: Callable[[Path], Repository], note: str
) -> None:
    odd = at(place, build(place.base / "odd"))
    assert note in odd.podium("init", "--yes", code=0).text
    odd.podium("status", code=0)
    odd.podium("spec", "new", "first", code=0)
    odd.podium("spec", "lint", "first")
    odd.podium("plan", "draft", "first")
    odd.podium("doctor")


@pytest.mark.slow
def test_a_file_of_a_hundred_megabytes_is_taken_with_a_note(place: Place) -> None:
    large = at(place, odd_repositories.with_large_file(place.base / "large"))
    assert "larger than 50 MB" in large.podium("init", "--yes", code=0).text


@pytest.mark.parametrize("fault", ["", "[project\n", 'project = "no table"\n', "\x00\x01\xff", "[project]\nname = 5\n"])
def test_settings_that_are_no_settings_are_located(place: Place, fault: str) -> None:
    fine = at(place, build_repository(place.base / "fine", FILES))
    (fine.root / "podium.toml").write_bytes(fault.encode("latin-1"))
    result = fine.podium("init", code=2)
    assert "podium.toml" in result.err
    assert not (fine.state / "projects").exists()


def test_settings_behind_a_link_to_somewhere_else_are_not_written(place: Place) -> None:
    fine = at(place, build_repository(place.base / "fine", FILES))
    target = place.base / "precious"
    (fine.root / "podium.toml").symlink_to(target)
    assert fine.podium("init", "--yes").code == 2
    assert not target.exists()


def odd_content() -> dict[str, Content]:
    """Everything at once: links out, LFS pointers, a submodule that is not there, names with odd characters."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
    return {
        **{name.decode("utf-8", "surrogateescape"): b"x\n" for name in odd_repositories.ODD_NAMES},
        "out/etc": Link(to="/etc"),
        "out/loop": Link(to="loop"),
        "pictures/logo.png": pointer,
        ".gitattributes": "*.png filter=lfs diff=lfs merge=lfs -text\n",
        ".gitmodules": '[submodule "lib"]\n\tpath = vendor/lib\n\turl = https://lib.example.org/lib.git\n',
        "vendor/lib": Submodule(commit="1" * 40),
        "big.bin": bytes(range(256)) * 4096 * 5,
    }


def test_work_on_an_odd_repository_changes_only_what_the_agent_changed(build_world: Callable[..., World]) -> None:
    case = Case(
        rounds(
            (
                actions.Write(path="src/odd/x.py", text="print(1)\n"),
                actions.Write(path="vendor/lib/inside.txt", text="lost\n"),
                actions.Append(path="pictures/logo.png", text="more\n"),
            )
        )
    )
    world = build_world({"odd": case}, files=odd_content())
    world.ran("odd", InReview)
    assert world.changed_paths("odd") == [b"pictures/logo.png", b"src/odd/x.py"]
    assert any("submodules" in note and "vendor/lib" in note for note in world.round_of("odd").notes)
    world.assert_prints_safely("odd")
    before = world.mirror.git_bytes("ls-tree", "-r", "-z", "main")
    commit = world.delivered("odd")
    after = world.mirror.git_bytes("ls-tree", "-r", "-z", commit)
    gone = [line for line in before.split(b"\0") if line and line not in after.split(b"\0")]
    assert [line.partition(b"\t")[2] for line in gone] == [b"pictures/logo.png"]
    assert (world.root / "src/odd/x.py").exists()
    assert world.podium("status", code=0)
    world.assert_ledger_verifies()


def test_under_an_open_umask_nobody_else_gets_into_the_state_directory(place: Place) -> None:
    build_repository(place.root, {"a.txt": "a\n"})
    place.podium("init", "--yes", prefix=("sh", "-c", 'umask 000; exec "$@"', "sh"), code=0)
    assert place.state.stat().st_mode & 0o077 == 0


def test_a_path_that_is_not_utf_8_is_told(place: Place) -> None:
    odd = Place(place.base, place.root / os.fsdecode(b"odd-\xff"))
    build_repository(odd.root, {"a.txt": "a\n"})
    odd.refused("init", "--yes", because="the repository's path is not UTF-8")
    assert not (odd.root / "podium.toml").exists()
