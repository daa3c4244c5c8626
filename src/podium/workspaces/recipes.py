"""How dependencies are set up where the project does not say: by its own script, or by the lockfiles there are. Pure.

Every recipe installs into the workspace and copies: a hard link into a shared cache would let one agent change what all
others get.
"""

from __future__ import annotations

from collections.abc import Collection

from podium.kernel.value import Value

AUTO = "auto"
"""As `[environment] setup`: by the lockfiles."""

HATCH = ".podium/setup"
"""A script of the project that sets up a workspace: counts where `setup` is empty or `auto`."""

PROGRAMS = ("uv", "node", "npm", "pnpm")
"""What recipes need beside Python, and users often have in their own directories."""

_HATCH_INPUTS = ("package.json", "pyproject.toml")
_PYTHON: tuple[tuple[str, str], ...] = (
    ("uv.lock", "UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=.venv uv sync --frozen"),
    ("requirements.lock", "{venv} -r requirements.lock"),
    ("requirements-dev.txt", "{venv} -r requirements-dev.txt"),
    ("requirements.txt", "{venv} -r requirements.txt"),
)
_NODE: tuple[tuple[str, str], ...] = (
    ("pnpm-lock.yaml", 'pnpm install --frozen-lockfile --package-import-method=copy --store-dir="$HOME/.pnpm-store"'),
    ("package-lock.json", "npm ci --no-audit --no-fund"),
)
_VENV = "python3 -m venv .venv && .venv/bin/python -m pip install --no-input --disable-pip-version-check"


class Recipe(Value, frozen=True, kw_only=True):
    """A command and the files that it depends on."""

    command: str
    lockfiles: tuple[str, ...]
    programs: tuple[str, ...] = ()  # that it needs and that may be the user's own


def recipe(setup: str, lockfiles: tuple[str, ...], files: Collection[str]) -> Recipe | None:
    """What sets up dependencies at a commit with these files; None when nothing does.

    `setup` and `lockfiles` are the settings: a command there is taken as it is, and `lockfiles` are globs then.
    """
    if setup not in ("", AUTO):
        return Recipe(command=setup, lockfiles=lockfiles)
    there = set(files)
    locks = tuple(name for name, _ in (*_PYTHON, *_NODE) if name in there)
    if HATCH in there:
        own = tuple(name for name in _HATCH_INPUTS if name in there)
        return Recipe(command=f"sh {HATCH}", lockfiles=(HATCH, *locks, *own, *lockfiles), programs=PROGRAMS)
    if not setup:
        return None
    chosen = [next(((name, how) for name, how in group if name in there), None) for group in (_PYTHON, _NODE)]
    steps = [each for each in chosen if each is not None]
    if not steps:
        return None
    command = " && ".join(f"( {how.replace('{venv}', _VENV)} )" for _, how in steps)
    words = {word for _, how in steps for word in how.split()}
    words |= {"node"} if words & {"npm", "pnpm"} else set[str]()
    programs = tuple(name for name in PROGRAMS if name in words)
    return Recipe(command=command, lockfiles=(*(name for name, _ in steps), *lockfiles), programs=programs)
