"""Where an agent's program is, what it is, and which host paths a sandbox must mount (read-only) so that it can run.

Nothing is guessed about the user: PATH is an argument. Nothing is executed, except by `version_text`, when asked.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from podium.agents.python_roots import python_roots
from podium.kernel.errors import UsageError
from podium.kernel.value import Value

Kind = Literal["python", "node", "script", "binary"]

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""What every sandbox has."""


class Located(Value, frozen=True, kw_only=True):
    """An agent's program, found."""

    argv: tuple[str, ...]  # the command with absolute paths, as it runs inside the sandbox
    program: str  # the file that was found, links resolved
    sha256: str  # of that file, hex
    kind: Kind
    mounts: tuple[str, ...]  # host paths, mounted read-only at the same path; none lies in another


def locate(command: Sequence[str], path: str, *, agent: str) -> Located:
    """Find the program of an agent's command by the given PATH.

    Raises UsageError that names the agent, what was looked for and where, and what to do.
    """
    if not command or not command[0]:
        raise UsageError(
            f"the agent {agent!r} has no command",
            where=f"podium.toml [agents.{agent}]",
            do='Give one, for example command = ["opencode", "acp"].',
        )
    found = _find(command[0], path)
    if found is None:
        raise _absent(command[0], path, agent)
    return _described(found, tuple(command[1:]), path, agent)


def version_text(located: Located, *, seconds: float = 10.0) -> str:
    """The first line of what the program says to `--version`, run on the host in an empty environment; or empty."""
    try:
        done = subprocess.run(
            [*located.argv[: _program_words(located)], "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            env={"PATH": os.defpath, "HOME": "/nonexistent"},
            cwd="/",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    text = (done.stdout or done.stderr).decode("utf-8", "replace").strip()
    return text.splitlines()[0][:200] if done.returncode == 0 and text else ""


def _find(name: str, path: str) -> Path | None:
    if "/" in name:
        candidates: Iterable[Path] = [Path(name)] if name.startswith("/") else []
    else:
        candidates = (Path(directory, name) for directory in path.split(os.pathsep) if directory.startswith("/"))
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


def _absent(name: str, path: str, agent: str) -> UsageError:
    where = f"podium.toml [agents.{agent}]"
    if "/" in name and not name.startswith("/"):
        return UsageError(f"the command of the agent {agent!r} is a relative path: {name}", where=where,
                          do="Give its absolute path, or its bare name to look for it in PATH.")  # fmt: skip
    if name.startswith("/"):
        what = "is not executable" if Path(name).exists() else "does not exist"
        return UsageError(f"the program of the agent {agent!r} {what}: {name}", where=where,
                          do="Install the agent there, or mend `command`.")  # fmt: skip
    return UsageError(
        f"the agent {agent!r} is not installed: there is no program {name!r}",
        where=where,
        do=f"Install it, or give its absolute path in `command`. Looked in: {path or '(PATH is empty)'}",
    )


def _described(found: Path, rest: tuple[str, ...], path: str, agent: str) -> Located:
    real = found.resolve()
    words = _shebang(real)
    if words is None:
        # A venv's interpreter is a link to another one, and only by its own path is it the venv's.
        if (found.parent.parent / "pyvenv.cfg").is_file():
            return _located(real, (str(found), *rest), "python", python_roots(found))
        return _located(real, (str(real), *rest), "binary", [_own(real)])
    interpreter, options = _interpreter(words, path, agent, real)
    if interpreter.name.startswith("python"):
        roots = [_own(real), *python_roots(interpreter)]
        return _located(real, (str(interpreter), *options, str(real), *rest), "python", roots)
    if interpreter.resolve().name in ("node", "nodejs", "bun", "deno"):
        roots = [_package(real), _own(interpreter.resolve())]
        return _located(real, (str(interpreter.resolve()), *options, str(real), *rest), "node", roots)
    roots = [_own(real), _own(interpreter.resolve())]
    return _located(real, (str(interpreter), *options, str(real), *rest), "script", roots)


def _located(program: Path, argv: tuple[str, ...], kind: Kind, roots: Iterable[Path]) -> Located:
    status = program.stat()
    sha256 = _sha256(str(program), status.st_mtime_ns, status.st_size, status.st_ino)
    return Located(argv=argv, program=str(program), sha256=sha256, kind=kind, mounts=_outermost(roots))


def _shebang(program: Path) -> list[str] | None:
    """The words of the first line of a script; None for anything else."""
    with program.open("rb") as file:
        head = file.read(4096)
    if not head.startswith(b"#!"):
        return None
    lines = head.decode("utf-8", "replace").splitlines()
    words = lines[0][2:].split()
    # A path too long for a shebang: installers write a shell script that is a Python script too.
    if words and words[0].endswith("/sh") and len(lines) > 1 and lines[1].startswith("'''exec' "):
        try:
            return shlex.split(lines[1].removeprefix("'''exec' "))[:1]
        except ValueError:
            return words
    return words or ["/bin/sh"]


def _interpreter(words: list[str], path: str, agent: str, script: Path) -> tuple[Path, tuple[str, ...]]:
    """The program that runs a script, and its options; `env NAME` is looked up here, where PATH is known."""
    if not words[0].endswith("/env"):
        return Path(words[0]), tuple(words[1:])
    named = [word for word in words[1:] if word != "-S" and "=" not in word]
    found = _find(named[0], path) if named else None
    if found is None:
        raise UsageError(
            f"the agent {agent!r} needs {named[0] if named else 'an interpreter'!r}, which is not installed",
            where=str(script),
            do=f"Install it. Looked in: {path or '(PATH is empty)'}",
        )
    return found, tuple(named[1:])


def _own(program: Path) -> Path:
    """What to mount for a program alone: its directory, unless that is one in which many programs lie."""
    return program if program.parent.name in ("bin", "sbin", "") else program.parent


def _package(script: Path) -> Path:
    """What to mount for a script of node: the outermost node_modules that it lies in, since packages share there."""
    inside = [parent for parent in script.parents if parent.name == "node_modules"]
    if inside:
        return inside[-1]
    owner = next((parent for parent in script.parents if (parent / "package.json").is_file()), None)
    return owner or _own(script)


def _outermost(roots: Iterable[Path]) -> tuple[str, ...]:
    """The paths, without those that every sandbox has and those that lie in another; never the root itself."""
    wanted = sorted({str(root) for root in roots})
    kept: list[str] = []
    for path in wanted:
        if path == "/" or any(path == top or path.startswith(top + "/") for top in (*_SYSTEM, *kept)):
            continue
        kept.append(path)
    return tuple(kept)


def _program_words(located: Located) -> int:
    """How many words of the argv are the program itself, before its arguments."""
    return located.argv.index(located.program) + 1 if located.program in located.argv else 1


@lru_cache(maxsize=64)
def _sha256(path: str, _changed: int, _size: int, _inode: int) -> str:
    """Of the file's bytes; some agents are 200 MB, and do not change between two runs."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
