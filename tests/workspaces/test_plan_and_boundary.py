"""A plan as data, what is refused in it, and how it is described to a person."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from podium.kernel.errors import UsageError
from podium.kernel.value import canonical
from podium.project.model import Limits
from podium.runs.model import Tier
from podium.workspaces import space
from podium.workspaces.boundary import AgentFacts, describe
from podium.workspaces.limits import enforced
from podium.workspaces.plan import Mount, SandboxPlan, seen_workdir
from podium.workspaces.run import run
from podium.workspaces.sandbox import Access, launch
from podium.workspaces.tiers import WEAKER

PLAN = SandboxPlan(
    tier="overlay",
    lowers=("/state/templates/abc", "/state/layers/def"),
    upper="/state/runs/r/upper",
    work="/state/runs/r/work",
    home="/state/runs/r/home",
    mounts=(
        Mount(source="/state/mirror/objects", target="/podium/objects"),
        Mount(source="/opt/ada/.claude", target="/home/agent/.claude", writable=True),
    ),
    env={"ANTHROPIC_API_KEY": "sk-value", "COLOUR": "blue"},
    limits=Limits(memory_mb=100, processes=10, disk_mb=20, wall_minutes=1.5),
)


def test_a_plan_travels_as_json() -> None:
    assert msgspec.json.decode(canonical(PLAN), type=SandboxPlan) == PLAN


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lowers": ()}, "at least one lower"),
        ({"upper": "relative"}, "absolute"),
        ({"hostname": "no/name"}, "host name"),
        ({"workdir": "/etc"}, "must lie in /workspace"),
        ({"env": {"A=B": "x"}}, "environment variable"),
        ({"env": {"A": "x\0y"}}, "environment variable"),
        ({"mounts": (Mount(source="/a", target="/workspace"),)}, "belongs to the sandbox"),
        ({"mounts": (Mount(source="/a", target="/proc/sys"),)}, "belongs to the sandbox"),
        ({"mounts": (Mount(source="/a", target="/b/../etc"),)}, "without '..'"),
        ({"mounts": (Mount(source="a", target="/b"),)}, "absolute"),
        ({"network": ("mirror.invalid:443",)}, "mirror.invalid:443"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        launch(msgspec.structs.replace(PLAN, **changes), ["true"], bwrap="/bin/bwrap")


def test_an_empty_command_is_refused() -> None:
    with pytest.raises(UsageError, match="no command"):
        launch(PLAN, [], bwrap="/bin/bwrap")


def test_the_boundary_names_what_can_be_reached_and_never_a_value() -> None:
    boundary = describe(PLAN, AgentFacts(name="claude", sha256="ab", version="2.0"))
    assert boundary.tier == "overlay"
    assert "/podium/objects (from /state/mirror/objects)" in boundary.readable
    assert any("/state/templates/abc, /state/layers/def" in line for line in boundary.readable)
    assert "/home/agent/.claude (from /opt/ada/.claude)" in boundary.writable
    assert boundary.network == ()
    assert boundary.credentials == ("variable ANTHROPIC_API_KEY", "files in /opt/ada/.claude")
    assert (boundary.agent, boundary.agent_version, boundary.agent_sha256) == ("claude", "2.0", "ab")
    assert boundary.weaker == ""
    assert b"sk-value" not in canonical(boundary)


@pytest.mark.parametrize("tier", ["clone", "landlock", "none"])
def test_the_boundary_of_a_weaker_tier_says_so(tier: Tier) -> None:
    boundary = describe(msgspec.structs.replace(PLAN, tier=tier), AgentFacts(name="a", sha256=""))
    assert boundary.weaker.startswith(WEAKER[tier])
    if tier == "none":
        assert boundary.network == ("everything that you can reach",)


def test_limits_are_named_with_what_enforces_them() -> None:
    by = {limit.name: (limit.value, limit.by) for limit in enforced(PLAN.limits, "overlay", root=False, tmp_mb=5)}
    assert by["memory"] == ("100 MB", "watchdog")
    assert by["processes"] == ("10", "watchdog")
    assert by["threads"] == ("40", "rlimit")
    assert by["one file"] == ("20 MB", "rlimit")
    assert by["CPU time"] == ("unlimited", "none")


def test_for_root_and_without_namespaces_the_kernel_counts_no_threads() -> None:
    for tier, root in (("overlay", True), ("landlock", False)):
        found = {limit.name: limit.by for limit in enforced(PLAN.limits, tier, root=root, tmp_mb=5)}
        assert found["threads"] == "none"


def test_a_limit_that_nobody_asked_for_is_enforced_by_nothing() -> None:
    none = enforced(Limits(memory_mb=0, processes=0, disk_mb=0, wall_minutes=0), "overlay", root=False, tmp_mb=5)
    assert {limit.by for limit in none} == {"none", "kernel"}


def test_the_working_directory_is_seen_where_the_tier_has_it() -> None:
    inner = msgspec.structs.replace(PLAN, workdir="/workspace/sub")
    assert seen_workdir(inner) == "/workspace/sub"
    assert seen_workdir(msgspec.structs.replace(inner, tier="none")) == "/state/runs/r/upper/sub"


def test_removal_is_only_below_the_directory_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for path in (tmp_path, tmp_path / "b", tmp_path / "a/../b", Path("/etc")):
        with pytest.raises(UsageError, match="only what lies below"):
            space.remove(path, within=tmp_path / "a")
    space.remove(tmp_path / "a/not/there", within=tmp_path / "a")
    space.remove(tmp_path / "a", within=tmp_path)
    assert not (tmp_path / "a").exists()


def test_directories_of_a_run_are_closed_to_others_and_made_once(tmp_path: Path) -> None:
    made = space.create(tmp_path / "state/run")
    Path(made.upper, "kept").touch()
    assert space.create(tmp_path / "state/run") == made
    assert Path(made.upper, "kept").exists()
    assert Path(made.root).stat().st_mode & 0o077 == 0


def test_a_link_in_place_of_a_runs_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/home").symlink_to("/etc")
    with pytest.raises(Exception, match="cannot be made"):
        space.create(tmp_path / "run")


def test_a_network_hook_adds_what_it_opened_and_the_rest_stays_closed(me: SandboxPlan, bwrap: str) -> None:
    def hook(plan: SandboxPlan) -> Access:
        assert plan.network == ("mirror.invalid:443",)
        read, write = os.pipe()
        os.write(write, b"from the hook")
        os.close(write)
        return Access(env={"GIVEN": str(read)}, command=("/usr/bin/env", "INIT=ran"), pass_fds=(read,))

    before = len(list(Path("/proc/self/fd").iterdir()))
    plan = msgspec.structs.replace(me, network=("mirror.invalid:443",))
    command = "echo $INIT; cat /proc/self/fd/$GIVEN; echo; cat /proc/net/route"
    done = run(plan, command, bwrap=bwrap, timeout_seconds=20, network=hook)
    assert done.output.startswith(b"ran\nfrom the hook")
    assert len(done.output.splitlines()) == 3  # no route but the heading
    assert len(list(Path("/proc/self/fd").iterdir())) == before
