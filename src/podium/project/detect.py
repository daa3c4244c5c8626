"""What kind of repository this is, by the names of its files and a look into a few of them.

Every answer is a guess that `podium init` writes down for a person to correct, with the reason beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from podium.kernel.value import Value

Read = Callable[[str], str]
"""Returns the text of a tracked file; empty when it cannot be read."""


class Detected(Value, frozen=True, kw_only=True):
    """What was found. `because` says why `test` is what it is; `setup` is only ever suggested."""

    name: str
    target: str
    languages: tuple[str, ...] = ()
    test: str = ""
    because: str = ""
    setup: str = ""
    lockfiles: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()  # globs that people should keep to themselves: CI, code owners, hooks


class _Tests(NamedTuple):
    command: str
    because: str


_LANGUAGES = (
    ("Python", ("py",)),
    ("TypeScript", ("ts", "tsx")),
    ("JavaScript", ("js", "jsx", "mjs", "cjs")),
    ("Go", ("go",)),
    ("Rust", ("rs",)),
    ("Java", ("java",)),
    ("Kotlin", ("kt", "kts")),
    ("C", ("c", "h")),
    ("C++", ("cpp", "cc", "cxx", "hpp")),
    ("Ruby", ("rb",)),
    ("C#", ("cs",)),
    ("PHP", ("php",)),
    ("Shell", ("sh", "bash")),
)
_LOCKFILES = (
    ("uv.lock", "uv sync --frozen"),
    ("poetry.lock", "poetry install --no-interaction"),
    ("pdm.lock", "pdm install --frozen-lockfile"),
    ("Pipfile.lock", "pipenv sync --dev"),
    ("requirements-dev.txt", "python3 -m pip install -r requirements-dev.txt"),
    ("requirements.txt", "python3 -m pip install -r requirements.txt"),
    ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
    ("yarn.lock", "yarn install --frozen-lockfile"),
    ("package-lock.json", "npm ci"),
    ("bun.lock", "bun install --frozen-lockfile"),
    ("go.sum", "go mod download"),
    ("Cargo.lock", "cargo fetch --locked"),
    ("Gemfile.lock", "bundle install"),
    ("gradle.lockfile", "./gradlew dependencies"),
)
_GUARDED = (
    (r"\.github/workflows/.+", ".github/workflows/**"),
    (r"\.github/actions/.+", ".github/actions/**"),
    (r"\.gitlab-ci\.ya?ml", ""),
    (r"\.gitlab/ci/.+", ".gitlab/ci/**"),
    (r"\.circleci/.+", ".circleci/**"),
    (r"\.buildkite/.+", ".buildkite/**"),
    (r"\.ci/.+", ".ci/**"),
    (r"\.husky/.+", ".husky/**"),
    (r"(?:Jenkinsfile|azure-pipelines\.yml|bitbucket-pipelines\.yml|\.travis\.yml|\.drone\.yml|\.woodpecker\.yml)", ""),
    (r"\.pre-commit-config\.yaml", ""),
    (r"(?:\.github/|docs/)?CODEOWNERS", ""),
)


def detect(files: Sequence[str], read: Read, *, name: str, target: str) -> Detected:
    """What these tracked files tell about the repository called `name`, whose work lands on `target`."""
    listing = frozenset(files)
    tests = next((found for look in _LOOKS if (found := look(listing, read)) is not None), _Tests("", ""))
    locks = [(file, setup) for file, setup in _LOCKFILES if file in listing]
    return Detected(
        name=name,
        target=target,
        languages=_languages(files),
        test=tests.command,
        because=tests.because,
        setup=locks[0][1] if locks else "",
        lockfiles=tuple(file for file, _ in locks),
        protected=_protected(files),
    )


def _languages(files: Sequence[str]) -> tuple[str, ...]:
    """Languages by the number of their files, those with less than a tenth of the most left out."""
    counts: dict[str, int] = {}
    names = {suffix: language for language, suffixes in _LANGUAGES for suffix in suffixes}
    for file in files:
        language = names.get(file.rpartition(".")[2])
        if language is not None and "." in file:
            counts[language] = counts.get(language, 0) + 1
    most = max(counts.values(), default=0)
    ordered = sorted(counts, key=lambda language: -counts[language])
    return tuple(language for language in ordered if counts[language] * 10 >= most)[:4]


def _protected(files: Sequence[str]) -> tuple[str, ...]:
    found = [glob or file for pattern, glob in _GUARDED for file in files if re.fullmatch(pattern, file)]
    return tuple(dict.fromkeys(found))


def _python(files: frozenset[str], read: Read) -> _Tests | None:
    settings = (("pytest.ini", ""), ("pyproject.toml", "[tool.pytest"), ("setup.cfg", "[tool:pytest]"))
    for file, needle in settings:
        if file in files and needle in read(file):
            return _Tests("python3 -m pytest -q", f"{file} configures pytest")
    tests = sorted(file for file in files if re.fullmatch(r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py", file))
    if any(file.endswith("conftest.py") for file in files):
        return _Tests("python3 -m pytest -q", "there is a conftest.py")
    for file in ("pyproject.toml", "requirements-dev.txt", "requirements.txt", "setup.py", "tox.ini"):
        if file in files and re.search(r"\bpytest\b", read(file)):
            return _Tests("python3 -m pytest -q", f"{file} names pytest")
    for file in tests[:20]:
        text = read(file)
        if re.search(r"^\s*(?:import|from) pytest\b", text, re.MULTILINE):
            return _Tests("python3 -m pytest -q", f"{file} imports pytest")
        if re.search(r"^\s*(?:import|from) unittest\b", text, re.MULTILINE):
            folder = file.split("/")[0] if "/" in file else "."
            return _Tests(f"python3 -m unittest discover -s {_word(folder)} -t .", f"{file} imports unittest")
    if "tox.ini" in files:
        return _Tests("tox", "there is a tox.ini")
    return _Tests("python3 -m pytest -q", f"{tests[0]} looks like a test") if tests else None


def _word(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_./-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _node(files: frozenset[str], read: Read) -> _Tests | None:
    if "package.json" not in files:
        return None
    try:
        package: Any = json.loads(read("package.json") or "{}")
    except (ValueError, RecursionError):
        return None
    if not isinstance(package, dict):
        return None
    data = cast("dict[str, Any]", package)
    manager = next(
        (
            name
            for lock, name in (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"))
            if lock in files
        ),
        "npm",
    )
    scripts: Any = data.get("scripts")
    script: Any = cast("dict[str, Any]", scripts).get("test") if isinstance(scripts, dict) else None
    if isinstance(script, str) and script.strip() and "no test specified" not in script:
        command = "bun run test" if manager == "bun" else f"{manager} test"
        return _Tests(command, 'package.json has a script "test"')
    for runner, command in (("vitest", "npx vitest run"), ("jest", "npx jest"), ("mocha", "npx mocha")):
        if any(isinstance(data.get(key), dict) and runner in data[key] for key in ("devDependencies", "dependencies")):
            return _Tests(command, f"package.json names {runner}")
    return None


def _go(files: frozenset[str], _read: Read) -> _Tests | None:
    return _Tests("go test ./...", "there is a go.mod") if "go.mod" in files else None


def _rust(files: frozenset[str], _read: Read) -> _Tests | None:
    return _Tests("cargo test", "there is a Cargo.toml") if "Cargo.toml" in files else None


def _java(files: frozenset[str], _read: Read) -> _Tests | None:
    if "pom.xml" in files:
        return _Tests(f"{'./mvnw' if 'mvnw' in files else 'mvn'} -B -q test", "there is a pom.xml")
    build = next((file for file in ("build.gradle", "build.gradle.kts") if file in files), "")
    if build:
        return _Tests(f"{'./gradlew' if 'gradlew' in files else 'gradle'} test", f"there is a {build}")
    return None


def _make(files: frozenset[str], read: Read) -> _Tests | None:
    for file in ("Makefile", "makefile", "GNUmakefile"):
        if file in files:
            for target in ("test", "tests", "check"):
                if re.search(rf"^{target}\s*:(?!=)", read(file), re.MULTILINE):
                    return _Tests(f"make {target}", f'{file} has a target "{target}"')
    return None


_LOOKS = (_python, _node, _go, _rust, _java, _make)
