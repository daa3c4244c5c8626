"""Programs that agents and tests use must work in a sandbox; a profile that breaks them gives false evidence."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from podium.workspaces.plan import Mount, SandboxPlan
from podium.workspaces.run import Completed, run


def tried(me: SandboxPlan, bwrap: str, command: str, stdin: str = "") -> Completed:
    return run(me, command, bwrap=bwrap, timeout_seconds=60, stdin=stdin.encode())


def test_git_commits(me: SandboxPlan, bwrap: str) -> None:
    done = tried(
        me, bwrap,
        "git init -q . && echo a >a && git add a && git -c user.name=a -c user.email=a@b commit -qm first && "
        "git status -s && git log --oneline | wc -l && git gc -q",
    )  # fmt: skip
    assert (done.exit_code, done.output) == (0, b"1\n")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pythons_multiprocessing_works(me: SandboxPlan, bwrap: str, method: str) -> None:
    (Path(me.upper) / "m.py").write_text(
        "import multiprocessing, concurrent.futures\n"
        "if __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:\n"
        "        print(sum(pool.map(abs, [-1, 2])))\n"
        "    with context.Manager() as manager: print(manager.list([1]))\n"
    )
    done = tried(me, bwrap, "/usr/bin/python3 m.py")
    assert done.output == b"3\n[1]\n", done.output


def test_threads_subprocesses_and_asyncio_work(me: SandboxPlan, bwrap: str) -> None:
    code = (
        "import asyncio, concurrent.futures, subprocess\n"
        "with concurrent.futures.ThreadPoolExecutor(50) as pool: print(sum(pool.map(abs, range(50))))\n"
        "print(subprocess.run(['echo', 'x'], capture_output=True).stdout)\n"
        "async def main():\n"
        "    process = await asyncio.create_subprocess_exec('echo', 'y', stdout=-1)\n"
        "    print((await process.communicate())[0])\n"
        "asyncio.run(main())\n"
    )
    assert tried(me, bwrap, "exec /usr/bin/python3 -", code).output == b"1225\nb'x\\n'\nb'y\\n'\n"


def test_a_virtual_environment_of_the_host_runs_when_it_is_mounted(me: SandboxPlan, bwrap: str) -> None:
    packages = str(Path(pytest.__file__).parents[1])
    prefixes = sorted({sys.prefix, sys.base_prefix, packages})
    mounts = tuple(Mount(source=path, target=path) for path in prefixes)
    plan = msgspec.structs.replace(me, mounts=mounts, env={"PYTHONPATH": packages})
    (Path(me.upper) / "test_it.py").write_text("def test_it(tmp_path):\n    assert 1 + 1 == 2\n")
    done = run(plan, [sys.executable, "-m", "pytest", "-q"], bwrap=bwrap, timeout_seconds=60)
    assert done.exit_code == 0, done.output


def test_node_works(me: SandboxPlan, bwrap: str) -> None:
    if not shutil.which("node", path="/usr/local/bin:/usr/bin:/bin"):
        pytest.skip("node is not installed for everyone here")
    code = (
        "const {Worker} = require('worker_threads'), cp = require('child_process'), net = require('net');"
        "console.log(cp.execSync('echo child').toString().trim());"
        "new Worker('process.stdout.write(\"worker\\\\n\")', {eval: true}).on('exit', () => {"
        "  const s = net.createServer(c => c.end('served\\n')).listen(0, '127.0.0.1', () =>"
        "    net.connect(s.address().port).on('data', d => {process.stdout.write(d); s.close()}))});"
    )
    done = tried(me, bwrap, "exec node -", code)
    assert done.output == b"child\nworker\nserved\n", done.output


def test_a_terminal_can_be_opened(me: SandboxPlan, bwrap: str) -> None:
    done = tried(me, bwrap, "exec /usr/bin/python3 -", "import pty; pty.spawn(['sh', '-c', 'test -t 1 && echo tty'])")
    assert done.output.strip() == b"tty"


def test_files_keep_their_modes_times_and_names(me: SandboxPlan, bwrap: str) -> None:
    template = Path(me.lowers[0])
    name = b"n\xff\n'\"".decode("utf-8", "surrogateescape")
    (template / name).write_text("odd")
    (template / "run.sh").write_text("#!/bin/sh\necho ran\n")
    (template / "run.sh").chmod(0o755)
    done = tried(me, bwrap, "cat n*; ./run.sh; mv run.sh moved.sh && ./moved.sh; mkdir d && mv moved.sh d && ls d")
    assert done.output == b"oddran\nran\nmoved.sh\n"
