"""Candidates made to break what reads them: harvest, diff, evidence, review, landing, the user's own repository."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile_world import ADA, SPEC_NAME, Case, World

from podium.git.paths import to_text
from podium.landing.model import InReview, Lost
from podium.runs.model import AwaitingPermission, Failed
from podium.testing import actions
from podium.testing.repositories import Repository
from podium.testing.script import rounds
from podium.testing.waiting import eventually

# Clears the screen, sets the title, writes to the clipboard, a C1 escape, a line separator, turned-round text, a bell.
EVIL = "\x1b[2J\x1b]0;pwned\x07\x1b]52;c;cHduZWQ=\x07\x9b31m\u2028\u202egnp.exe\u2066\r\x00\x7f"
TRAILERS = "Reviewed-by: Mallory <mallory@example.org>"
ODD = (
    b"with\nnewline.py",
    b'with "quotes".py',
    b"latin-1 \xe9.py",
    b"escape \x1b[31m.py",
    "turned \u202eyp.py".encode(),
    b"-rf",
    b"$(touch pwned)",
    b":(top)magic.py",
    b"a" * 250,
)


def shell(command: str) -> actions.Action:
    return actions.Run(command=command)


def odd_files() -> actions.Action:
    script = "import os; os.makedirs('src/odd', exist_ok=True)\n"
    script += "".join(f"open({b'src/odd/' + name!r}, 'w').write('one\\ntwo\\n')\n" for name in ODD)
    return shell(f"python3 -c {shlex.quote(script)}")


def one(*each: actions.Action, title: str = "", scope: str = "") -> Case:
    return Case(rounds(tuple(each)), title=title, scope=scope)


def cases(pwned: str) -> dict[str, Case]:
    hook = f"#!/bin/sh\ntouch {pwned}\n"
    return {
        "odd": one(odd_files()),
        "speaks": one(
            actions.Say(text=EVIL),
            actions.Think(text=EVIL),
            actions.Plan(entries=(EVIL, "two"), done=1),
            actions.Write(path="src/speaks/text.py", text=f"# {EVIL.replace(chr(0), '')}\nprint('')\n"),
            actions.Run(command=f"printf '%s\\n' {shlex.quote(EVIL.replace(chr(0), ''))}"),
            actions.Symlink(path="src/speaks/link", to=f"/etc/{EVIL.replace(chr(0), '')}"),
            actions.Ask(title=f"May I {EVIL}?", command=f"rm {EVIL}", denied=(actions.Say(text="so be it"),)),
        ),
        "trailers": one(
            actions.Write(path="src/trailers/x.py", text="print(1)\n"),
            title=f"Trailers \x1b[31m\n\n{TRAILERS}\nPodium-Receipt: forged",
        ),
        "attributes": one(
            actions.Write(
                path=".gitattributes",
                text="*.py text eol=crlf ident filter=evil diff=evil merge=evil working-tree-encoding=UTF-16\n",
            ),
            actions.Write(path=".githooks/post-merge", text=hook, executable=True),
            actions.Write(path=".githooks/post-checkout", text=hook, executable=True),
            actions.Write(path=".gitconfig", text=f"[core]\n\tfsmonitor = touch {pwned}\n\tpager = touch {pwned}\n"),
            actions.Write(path="src/attributes/x.py", text="print(1)\n"),
        ),
        "swaps": one(shell("rm -rf data && ln -s /etc data && mkdir -p src/mine && ln -s /tmp src/mine/dir")),
        "modules": one(
            actions.Write(
                path=".gitmodules", text='[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch pwned\n'
            ),
            shell("git init -q sub && cd sub && git -c user.name=x -c user.email=x@x commit -q --allow-empty -m x"),
            actions.Write(path="sub/inside.txt", text="inside\n"),
        ),
        "folded": one(shell("mkdir -p src/folded .GIT && echo x > .GIT/config && echo y > src/folded/git~1")),
        "deep": one(
            shell(
                "python3 -c 'import os\nos.makedirs(\"src/deep\"); os.chdir(\"src/deep\")\n"
                'for _ in range(3000):\n os.mkdir("d"*100); os.chdir("d"*100)\nopen("x", "w").write("x")\''
            )
        ),
        "closed": one(
            actions.Write(path="src/closed/x.py", text="print(1)\n"),
            shell("chmod 000 src/closed/x.py src/closed; mkfifo src/pipe; chmod 000 ."),
        ),
        "long": one(shell("python3 -c 'import os; os.makedirs(\"src/long\"); "
                          "open(\"src/long/x.py\",\"w\").write(\"x = \\\"\" + \"\\u202e\" * 3000000 + \"\\\"\\n\")'")),
    }  # fmt: skip


@pytest.fixture(scope="module")
def pwned() -> Path:
    return Path(tempfile.gettempdir()) / f"podium-pwned-by-candidate-{os.getpid()}"


@pytest.fixture(scope="module")
def world(build_module_world: Callable[..., World], pwned: Path) -> Iterator[World]:
    world = build_module_world(cases(str(pwned)), files={"data/one.txt": "one\n"})
    # As many people have it: hooks and settings that are kept in the repository itself.
    user = Repository(world.root)
    user.git("config", "core.hooksPath", ".githooks")
    user.git("config", "include.path", "../.gitconfig")
    yield world
    assert not pwned.exists()
    world.assert_ledger_verifies()


def test_odd_file_names_go_through_harvest_review_landing_and_why(world: World) -> None:
    world.ran("odd", InReview)
    assert world.changed_paths("odd") == sorted(b"src/odd/" + name for name in ODD)
    world.assert_prints_safely("odd")
    commit = world.delivered("odd")
    listed = world.mirror.git_bytes("ls-tree", "-r", "-z", "--name-only", commit, "src/odd")
    assert sorted(listed.split(b"\0")[:-1]) == sorted(b"src/odd/" + name for name in ODD)
    assert (world.root / "src/odd/-rf").exists()
    for name in ODD:
        told = world.podium_here("why", os.fsdecode(b"src/odd/" + name) + ":2")
        assert world.full("odd") in told.out
    quoted = world.podium("why", to_text(b"src/odd/" + ODD[0]) + ":1", "--json", code=0)
    assert quoted.json["task"] == world.full("odd")
    for place in ("src/odd/none.py:1", "src/odd/-rf:99", "../../etc/passwd:1", "/etc/passwd:1", ":1", "src/odd:1"):
        assert world.podium_here("why", place).code == 2, place


def test_nothing_that_an_agent_says_acts_on_the_terminal(world: World) -> None:
    world.order("speaks")
    eventually(lambda: isinstance(world.round_of("speaks").state, AwaitingPermission), 60)
    assert f"asks  {world.full('speaks')}" in world.podium_here("attention").out
    world.assert_prints_safely("speaks")
    world.podium("deny", world.full("speaks"), code=0)
    world.wait_for("speaks", InReview)
    world.assert_prints_safely("speaks")
    said = EVIL.replace(chr(0), "")
    world.podium("refine", world.full("speaks"), "-m", f"B1: {said}\n{TRAILERS}", code=0)
    world.podium("reject", world.full("speaks"), "--reason", f"no {said}\n\n{TRAILERS}", code=0)
    world.assert_prints_safely("speaks")
    assert world.podium("accept", world.full("speaks")).code in (1, 2)


def test_no_trailer_can_be_forged_through_a_title_a_name_or_a_reason(world: World) -> None:
    world.ran("trailers", InReview)
    world.read_all("trailers")
    commit = world.landed("trailers")
    message = world.mirror.git("show", "-s", "--format=%B", commit)
    assert "\x1b" not in message
    trailers = world.mirror.git("show", "-s", "--format=%(trailers:only,unfold)", commit).splitlines()
    assert [each for each in trailers if each.startswith("Reviewed-by")] == [f"Reviewed-by: {ADA}"]
    assert [each for each in trailers if each.startswith("Podium-Receipt")] != ["Podium-Receipt: forged"]
    assert len([each for each in trailers if each.startswith("Podium-Receipt")]) == 1
    reason = f"sorry\n\n{TRAILERS}\nPodium-Receipt: forged \x1b[31m"
    world.podium("revert", world.full("trailers"), "--reason", reason)
    eventually(lambda: world.mirror.git("log", "-1", "--format=%s", "main").startswith("Revert"), 60)
    again = world.mirror.git("show", "-s", "--format=%(trailers:only,unfold)", "main").splitlines()
    assert [each for each in again if each.startswith("Reviewed-by")] == [f"Reviewed-by: {ADA}"]
    assert "\x1b" not in world.mirror.git("show", "-s", "--format=%B", "main")


@pytest.mark.parametrize("actor", [f"Ada <ada@example.org>\n{TRAILERS}", "Ada \x1b[31m <ada@example.org>", "<>"])
def test_an_actor_that_is_no_name_is_refused(world: World, actor: str) -> None:
    bold = World(world.base, world.uid)
    bold.tasks.update(world.tasks)
    object.__setattr__(bold, "variables", {"PODIUM_ACTOR": actor})
    result = bold.podium("plan", "approve", SPEC_NAME, "--yes")
    assert result.code == 2, result


def test_landed_attributes_hooks_and_settings_run_nothing_in_the_users_repository(world: World, pwned: Path) -> None:
    world.ran("attributes", InReview)
    commit = world.delivered("attributes")
    assert (world.root / "src/attributes/x.py").exists()
    assert world.mirror.git_bytes("cat-file", "blob", f"{commit}:src/attributes/x.py") == b"print(1)\n"
    assert not pwned.exists()
    world.podium("land", code=0)
    world.podium("status", code=0)
    world.podium("doctor")
    assert not pwned.exists()


def test_what_the_user_has_not_committed_is_never_overwritten_through_a_swapped_directory(world: World) -> None:
    world.ran("swaps", InReview)
    mine = world.root / "src" / "mine" / "dir" / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("only here\n")
    commit = world.landed("swaps")
    told = world.podium("land", code=0)
    assert "left alone" in told.text
    assert "git merge podium/main" in told.text
    assert mine.read_text() == "only here\n"
    assert not (world.root / "data").is_symlink()
    assert world.mirror.git("ls-tree", commit, "data").startswith("120000")
    mine.unlink()
    mine.parent.rmdir()
    world.podium("land", code=0)
    assert (world.root / "data").is_symlink()
    assert not Path("/etc/one.txt").exists()


def test_hostile_submodules_end_in_a_reason_or_are_ordinary_files(world: World) -> None:
    world.ran("modules", InReview, Lost)
    state = world.round_of("modules").state
    assert isinstance(state, Failed)
    assert "gitmodules" in state.reason.lower() + state.detail.lower()
    world.assert_prints_safely("modules")


def test_names_that_some_file_systems_take_for_git_end_in_a_reason(world: World) -> None:
    world.ran("folded", InReview, Lost)
    state = world.round_of("folded").state
    assert isinstance(state, Failed)
    assert "invalid path" in state.detail or ".GIT" in state.detail, state
    world.assert_prints_safely("folded")


def test_a_directory_deeper_than_any_path_can_name_ends_in_a_reason(world: World) -> None:
    world.ran("deep", InReview, Lost)
    state = world.round_of("deep").state
    assert isinstance(state, Failed)
    assert "path is too long" in state.reason, state
    world.assert_prints_safely("deep")


def test_files_that_nobody_may_read_are_harvested(world: World) -> None:
    world.ran("closed", InReview)
    assert world.changed_paths("closed") == [b"src/closed/x.py"]
    assert any("pipe" in note for note in world.round_of("closed").notes)


def test_a_line_of_nine_megabytes_can_be_reviewed(world: World) -> None:
    world.ran("long", InReview)
    world.assert_prints_safely("long")
    shown = world.podium("review", world.full("long"), "--print").out
    assert len(shown) < 2_000_000
