"""Every tier does the same work; what a weaker one does not stop is what its text says, no more and no less."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from sandbox_world import survivors

from podium.kernel.errors import PodiumError, UsageError
from podium.project.model import Limits
from podium.runs.model import Tier
from podium.workspaces import space, tiers
from podium.workspaces.plan import OBJECTS, Mount, SandboxPlan, seen_home, seen_workspace
from podium.workspaces.run import Completed, run

ALL: Sequence[Tier] = ("overlay", "clone", "landlock", "none")
SANDBOXED: Sequence[Tier] = ("overlay", "clone", "landlock")
SMALL = Limits(memory_mb=256, processes=64, disk_mb=64)


class Tried:
    """One tier, at work on a small template."""

    def __init__(self, tier: Tier, top: Path, bwrap: str) -> None:
        self.top = top
        self.bwrap = bwrap
        self.template = top / "template"
        (self.template / "src").mkdir(parents=True)
        (self.template / "src/a.py").write_text("original\n")
        (self.template / "link").symlink_to("/etc/passwd")
        made = space.create(top / "run")
        self.plan = SandboxPlan(
            tier=tier, lowers=(str(self.template),), upper=made.upper, work=made.work, home=made.home
        )

    def run(self, command: str, seconds: float = 20.0, stdin: str | None = None, **changes: object) -> Completed:
        plan = msgspec.structs.replace(self.plan, **changes)
        fed = stdin.encode() if stdin is not None else None
        return run(plan, command, bwrap=self.bwrap, timeout_seconds=seconds, stdin=fed)


@pytest.fixture(params=ALL)
def tried(request: pytest.FixtureRequest, tmp_path: Path, bwrap: str) -> Tried:
    return Tried(request.param, tmp_path, bwrap)


@pytest.fixture(params=SANDBOXED)
def sandboxed(request: pytest.FixtureRequest, tmp_path: Path, bwrap: str) -> Tried:
    return Tried(request.param, tmp_path, bwrap)


def test_a_command_works_on_the_files_of_the_template_and_its_changes_stay(tried: Tried) -> None:
    first = tried.run("cat src/a.py; echo changed >src/a.py; rm link; echo new >b; pwd; exit 3")
    assert (first.how, first.exit_code) == ("exited", 3)
    assert first.output.decode() == f"original\n{seen_workspace(tried.plan)}\n"
    assert tried.run("cat src/a.py b; test -L link || echo gone").output == b"changed\nnew\ngone\n"
    assert (tried.template / "src/a.py").read_text() == "original\n"
    assert (tried.template / "link").is_symlink()


def test_links_of_the_template_stay_links(tried: Tried) -> None:
    assert tried.run("readlink link").output == b"/etc/passwd\n"


def test_home_is_kept_between_two_commands(tried: Tried) -> None:
    assert tried.run("echo kept >~/note; echo $HOME").output.decode() == f"{seen_home(tried.plan)}\n"
    assert tried.run("cat ~/note").output == b"kept\n"


def test_the_environment_is_the_plans(tried: Tried) -> None:
    done = tried.run("env", env={"COLOUR": "blue"})
    names = {line.partition(b"=")[0] for line in done.output.splitlines()}
    assert names <= {
        b"COLOUR",
        b"HOME",
        b"LANG",
        b"LOGNAME",
        b"PATH",
        b"PWD",
        b"SHELL",
        b"TMPDIR",
        b"USER",
        b"GIT_CONFIG_NOSYSTEM",
    }
    assert b"COLOUR=blue" in done.output


def test_standard_input_arrives(tried: Tried) -> None:
    assert tried.run("cat", stdin="from outside").output == b"from outside"


def test_a_command_that_is_not_there_is_the_commands_failure(tried: Tried) -> None:
    done = run(tried.plan, ["no-such-program"], bwrap=tried.bwrap, timeout_seconds=20)
    assert (done.how, done.exit_code) == ("exited", 127)
    assert b"no-such-program" in done.output


def test_a_command_that_a_signal_ended_counts_as_a_shell_counts(tried: Tried) -> None:
    assert tried.run("kill -9 $$").exit_code == 137


def test_a_sandbox_that_breaks_is_not_a_command_that_failed(tried: Tried) -> None:
    done = tried.run("true", workdir="/workspace/not/there")
    assert (done.how, done.exit_code) == ("broken", None)


def test_time_output_processes_and_disk_are_limited(tried: Tried) -> None:
    assert tried.run("sleep 30", seconds=0.3).how == "timeout"
    assert tried.run("for i in $(seq 200); do sleep 9 & done; wait", limits=SMALL).how == "limit"
    assert b"size limit" in tried.run("truncate -s 1G giant", limits=SMALL).output
    assert tried.run("for i in 1 2 3 4 5 6 7; do head -c 12M /dev/zero >$i; done; sleep 9", limits=SMALL).how == "limit"


def test_nothing_outlives_its_command(tried: Tried) -> None:
    mark = f"8{id(tried)}"
    assert tried.run(f"(setsid sleep {mark} &); setsid sh -c '(sleep {mark} &) &'; echo done").output == b"done\n"
    assert survivors(mark) == []
    assert tried.run(f"(setsid sleep {mark} &); sleep {mark}", seconds=0.4).how == "timeout"
    assert survivors(mark) == []


def test_git_finds_the_objects_of_the_mirror(tried: Tried) -> None:
    objects = tried.top / "objects"
    objects.mkdir()
    done = tried.run(
        "git init -q . && echo /podium/objects >.git/objects/info/alternates && git count-objects -v && git status -s",
        mounts=(Mount(source=str(objects), target=OBJECTS),),
    )
    assert done.exit_code == 0
    assert b"?? src/" in done.output


def test_a_key_of_the_user_is_readable_only_without_a_sandbox(tried: Tried) -> None:
    key = tried.top / "id_ed25519"
    key.write_text("PRIVATE")
    assert (b"PRIVATE" in tried.run(f"cat {key}").output) == (tried.plan.tier == "none")


def test_files_of_the_user_are_writable_only_without_a_sandbox(tried: Tried) -> None:
    file = tried.top / "repository"
    file.write_text("mine")
    tried.run(f"echo theirs >{file}; rm -f {tried.top}/template/src/a.py")
    assert (file.read_text() == "mine") == (tried.plan.tier != "none")
    assert (tried.template / "src/a.py").exists() == (tried.plan.tier != "none")


def test_sockets_of_the_host_are_reachable_only_without_a_sandbox(tried: Tried) -> None:
    path = tried.top / "s"
    with socket.socket(socket.AF_UNIX) as unix, socket.create_server(("127.0.0.1", 0)) as tcp:
        unix.bind(str(path))
        unix.listen()
        port = tcp.getsockname()[1]
        code = (
            "import socket\n"
            f"for family, address in ((socket.AF_UNIX, {str(path)!r}), (socket.AF_INET, ('127.0.0.1', {port}))):\n"
            "    try: socket.socket(family).connect(address); print('reached')\n"
            "    except OSError: print('not')\n"
        )
        done = tried.run("exec /usr/bin/python3 -", stdin=code)
    assert done.output.split() == [b"reached" if tried.plan.tier == "none" else b"not"] * 2


def test_processes_of_the_host_are_seen_where_the_text_says_so(tried: Tried) -> None:
    seen = tried.run(f"test -e /proc/{os.getpid()}/cmdline && echo seen").output == b"seen\n"
    assert seen == (tried.plan.tier in ("landlock", "none"))


def test_processes_of_the_host_cannot_be_signalled_or_traced(sandboxed: Tried) -> None:
    import os

    code = (
        "import ctypes, os\n"
        f"try: os.kill({os.getpid()}, 0); print('signalled')\n"
        "except OSError: print('not')\n"
        f"print(ctypes.CDLL(None).ptrace(16, {os.getpid()}, 0, 0))\n"
        f"try: open('/proc/{os.getpid()}/environ', 'rb').read(); print('read')\n"
        "except OSError: print('not')\n"
    )
    assert sandboxed.run("exec /usr/bin/python3 -", stdin=code).output.split() == [b"not", b"-1", b"not"]


def test_no_namespace_can_be_made_and_nothing_mounted(sandboxed: Tried) -> None:
    done = sandboxed.run("unshare -U true; unshare -n true; mount -t tmpfs x /workspace; echo $?")
    assert done.output.split()[-1] != b"0"
    assert done.output.count(b"not permitted") >= 2


def test_root_has_no_capabilities_inside(sandboxed: Tried) -> None:
    done = sandboxed.run("grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs' /proc/self/status")
    assert done.output.split()[1::2] == [b"0000000000000000"] * 3 + [b"1"] or b"NoNewPrivs:\t1" in done.output
    assert b"CapEff:\t0000000000000000" in done.output


def test_a_weaker_tier_says_in_what_and_the_best_says_nothing() -> None:
    assert tiers.WEAKER["overlay"] == ""
    assert "copy" in tiers.WEAKER["clone"]
    for leak in ("process list", "/dev/shm", "socket", "names and sizes"):
        assert leak in tiers.WEAKER["landlock"]
    assert "read and write whatever you can" in tiers.WEAKER["none"]


def test_what_an_overlay_held_is_taken_over_by_a_copy_and_never_back(tmp_path: Path, bwrap: str) -> None:
    tried = Tried("overlay", tmp_path, bwrap)
    tried.run("rm link; echo changed >src/a.py; rm -rf src2; mkdir src2; echo x >src2/y")
    copied = tried.run("cat src/a.py src2/y; test -L link || echo gone", tier="clone")
    assert copied.output == b"changed\nx\ngone\n"
    with pytest.raises(PodiumError, match="full copy"):
        tried.run("true", tier="overlay")


def test_probing_finds_the_overlay_with_the_bundled_program(tmp_path: Path, bwrap: str) -> None:
    report = tiers.probe([bwrap], scratch=tmp_path, root=False)
    assert (report.tier, report.bwrap, report.weaker, report.do) == ("overlay", bwrap, "", "")
    assert report.bwrap_version.startswith("0.")
    assert {limit.name for limit in report.limits} >= {"memory", "processes", "disk", "wall clock", "CPU time"}
    assert list(tmp_path.iterdir()) == []


def test_probing_without_bwrap_finds_landlock_and_says_what_to_install(tmp_path: Path) -> None:
    report = tiers.probe([], scratch=tmp_path, root=False)
    assert report.tier == "landlock"
    assert "bubblewrap" in report.do
    assert report.weaker


def test_probing_a_program_that_cannot_do_overlays_finds_the_copy(tmp_path: Path, bwrap: str) -> None:
    old = tmp_path / "bwrap"
    old.write_text(
        "#!/bin/sh\n"
        'if grep -qaz -- --overlay-src "/proc/self/fd/$2"; then\n'
        '    echo "bwrap: Unknown option --overlay-src" >&2; exit 1\n'
        f'fi\nexec {bwrap} "$@"\n'
    )
    old.chmod(0o755)
    report = tiers.probe([str(old)], scratch=tmp_path / "scratch", root=False)
    assert (report.tier, report.bwrap) == ("clone", str(old))
    assert report.tried[0].why == "bwrap: Unknown option --overlay-src"
    assert "0.11" in report.do


def test_no_tier_is_replaced_by_a_weaker_one_silently(tmp_path: Path, bwrap: str) -> None:
    best = tiers.probe([bwrap], scratch=tmp_path, root=False)
    nothing = msgspec.structs.replace(best, tier=None, bwrap="", do="Install it.")
    assert tiers.choose(best).tier == "overlay"
    assert tiers.choose(best, "clone") == tiers.Chosen(tier="clone", bwrap=bwrap)
    assert tiers.choose(best, "landlock") == tiers.Chosen(tier="landlock", bwrap="")
    assert tiers.choose(nothing, "none") == tiers.Chosen(tier="none", bwrap="")
    with pytest.raises(PodiumError, match="no sandbox works"):
        tiers.choose(nothing)
    with pytest.raises(PodiumError, match="does not work here"):
        tiers.choose(msgspec.structs.replace(best, tier="landlock"), "overlay")
    with pytest.raises(UsageError, match="no sandbox tier"):
        tiers.choose(best, "docker")


def test_candidates_prefer_the_system_and_name_each_once(tmp_path: Path) -> None:
    bundled = tiers.bundled_bwrap()
    assert bundled
    shutil.copy(bundled, tmp_path / "bwrap")
    assert tiers.candidates(str(tmp_path)) == (str(tmp_path / "bwrap"), bundled)
    assert tiers.candidates("") == (bundled,)
    assert tiers.candidates(str(Path(bundled).parent)) == (bundled,)
