"""What every kind of evidence says about real changes of well-known Python projects, and how long it takes.

    python benchmarks/corpus.py [--only PROJECT] [--most N] [--table FILE]

Source distributions of consecutive releases are fetched with pip (pinned by digest in `corpus.json`). The difference of
two releases is cut into slices that are like commits: one changed module with the test files that are named after it,
laid over the older release. That is less than history (nobody wrote a slice as such, and one may need another to work;
its tests say so), but it is real code, and anybody can fetch it again. Results are kept in `.cache/corpus`, so that an
interrupted run goes on.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_table import write_table
from timed_check import git, python_settings, timed_check

from podium.evidence.test_code import belongs_to_tests
from podium.kernel.value import canonical

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache" / "corpus"
PINS = HERE / "corpus.json"
TESTED_WITH = (
    "pytest==7.4.4",
    "hypothesis==6.140.3",
    "freezegun==1.5.5",
    "pretend==1.0.9",
    "simplejson==3.20.2",
    "pytz==2025.2",
    "pytest-cov==4.1.0",
)
BUILT_WITH = ("setuptools", "flit_core", "hatchling", "setuptools_scm", "hatch-vcs", "versioneer[toml]")
BUDGET_SECONDS = 90.0


@dataclass(frozen=True)
class Project:
    """Releases of one project, oldest first."""

    name: str
    versions: tuple[str, ...]
    source: str = "src"


PROJECTS = (
    Project("itsdangerous", ("2.0.1", "2.1.2", "2.2.0")),
    Project("pluggy", ("1.3.0", "1.4.0", "1.5.0", "1.6.0")),
    Project("toolz", ("0.11.2", "0.12.1", "1.0.0"), source="."),
    Project("marshmallow", ("3.20.2", "3.21.3", "3.22.0")),
    Project("packaging", ("23.1", "23.2", "24.0", "24.1")),
    Project("click", ("8.1.6", "8.1.7", "8.1.8")),
    Project("wcwidth", ("0.2.12", "0.2.13"), source="."),
)


@dataclass(frozen=True)
class Slice:
    """One module of one release, with its tests, on top of the release before."""

    project: Project
    old: str
    new: str
    module: str

    @property
    def name(self) -> str:
        """Its place in the cache and in the table."""
        return f"{self.project.name} {self.old}..{self.new} {self.module}"


def main() -> None:
    """Fetch, cut, check, write the table."""
    parser = argparse.ArgumentParser(description="What every kind of evidence says about real changes.")
    parser.add_argument("--only", default="")
    parser.add_argument("--most", type=int, default=3, help="slices of a release: those that change most")
    parser.add_argument("--table", type=Path, default=HERE.parent / "docs" / "reference" / "evidence-corpus.md")
    chosen = parser.parse_args()
    environment = make_environment()
    results: list[dict[str, Any]] = []
    for project in PROJECTS:
        if chosen.only in ("", project.name):
            releases = {version: unpack(project.name, version) for version in project.versions}
            for old, new in zip(project.versions, project.versions[1:], strict=False):
                slices = [Slice(project, old, new, module) for module in changed_modules(releases[old], releases[new])]
                results += [look(each, releases, environment) for each in slices[: chosen.most]]
    write_table(results, chosen.table)


def make_environment() -> Path:
    """A virtual environment with what the projects' tests need."""
    environment = CACHE / f"environment-{sys.version_info.major}.{sys.version_info.minor}"
    ready = environment / hashlib.sha256(" ".join(TESTED_WITH).encode()).hexdigest()[:12]
    if not ready.exists():
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([*pip(environment), "install", *TESTED_WITH, *BUILT_WITH], check=True)
        ready.touch()
    return environment


def pip(environment: Path) -> list[str]:
    """The pip of an environment."""
    return [str(environment / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]


def unpack(name: str, version: str) -> Path:
    """The files of a release, fetched once; its digest must be the pinned one."""
    place = CACHE / "releases" / f"{name}-{version}"
    if place.exists():
        return place
    fetched = CACHE / "archives" / f"{name}-{version}"
    if not fetched.exists():
        command = [*pip(CACHE / f"environment-{sys.version_info.major}.{sys.version_info.minor}"), "download"]
        options = ["--no-deps", "--no-build-isolation", "--no-binary", ":all:", "-d", str(fetched)]
        subprocess.run([*command, *options, f"{name}=={version}"], check=False)
    [archive] = fetched.glob("*.tar.gz")
    lay_out(archive, place)
    return place


def lay_out(archive: Path, place: Path) -> None:
    """Put the one folder of a release at `place`. Ends the program when it is not the archive that was pinned."""
    pins: dict[str, str] = json.loads(PINS.read_text())
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if pins.get(archive.name) != digest:
        raise SystemExit(f"{archive.name} has the digest {digest}; {PINS.name} says {pins.get(archive.name)}")
    fresh = place.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    with tarfile.open(archive) as opened:
        opened.extractall(fresh, filter="data")
    [top] = list(fresh.iterdir())
    place.parent.mkdir(parents=True, exist_ok=True)
    top.rename(place)
    fresh.rmdir()


def changed_modules(old: Path, new: Path) -> list[str]:
    """The modules that both releases have and that differ, tests and what builds the project left out."""
    found = [
        path
        for path in sorted(str(file.relative_to(new)) for file in new.rglob("*.py"))
        if not belongs_to_tests(path)
        and not path.startswith(("docs/", "examples/", "tasks/", "bin/", "scripts/"))
        and "/" in path
        and (old / path).exists()
        and (old / path).read_bytes() != (new / path).read_bytes()
        and not path.endswith(("_version.py", "version.py"))
    ]
    return sorted(found, key=lambda path: -_size(old / path, new / path))


def _size(old: Path, new: Path) -> int:
    """How many lines differ."""
    before, after = (file.read_text(encoding="utf-8", errors="replace").splitlines() for file in (old, new))
    return sum(line[:1] in "+-" for line in difflib.unified_diff(before, after, n=0))


def look(what: Slice, releases: dict[str, Path], environment: Path) -> dict[str, Any]:
    """All evidence about one slice; from the cache when it was gathered before."""
    key = hashlib.sha256(what.name.encode()).hexdigest()[:16]
    kept = CACHE / "results" / f"{key}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    root = CACHE / "work" / key
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(releases[what.old], root, symlinks=True)
    git(root, "init", "-q", "--initial-branch=main")
    git(root, "add", "--all", "--force")
    git(root, "commit", "-q", "-m", what.old)
    git(root, "checkout", "-q", "-b", "slice")
    tests = tests_of(what.module, releases[what.new])
    for path in [what.module, *needed_by(what.module, releases[what.old], releases[what.new]), *tests]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(releases[what.new] / path, root / path)
    git(root, "add", "--all", "--force")
    git(root, "commit", "-q", "-m", what.name)
    counts = [int(count) for count in git(root, "diff", "--numstat", "main", "slice").split() if count.isdigit()]
    settings = python_settings(environment, source=what.project.source, budget=BUDGET_SECONDS)
    found = timed_check(root, "main..slice", settings)
    result = {
        "name": what.name,
        "project": what.project.name,
        "lines": sum(counts),
        "seconds": round(max((each.at for each in found), default=0.0), 1),
        "items": [json.loads(canonical(each.item)) | {"at": round(each.at, 1)} for each in found],
    }
    shutil.rmtree(root, ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(result))
    print(f"{result['seconds']:7.1f} s  {what.name}", flush=True)
    return result


def needed_by(module: str, old: Path, new: Path) -> list[str]:
    """The modules next to it that it imports and that only the newer release has."""
    folder = module.rpartition("/")[0]
    named = re.findall(r"^\s*from \.(\w+) import", (new / module).read_text(encoding="utf-8"), re.MULTILINE)
    found = (f"{folder}/{name}.py" for name in dict.fromkeys(named))
    return [path for path in found if (new / path).is_file() and not (old / path).exists()]


def tests_of(module: str, new: Path) -> list[str]:
    """The test files of a release that are named after a module."""
    stem = module.rpartition("/")[2].removesuffix(".py").strip("_")
    names = {f"test_{stem}.py", f"test_{stem}s.py", f"{stem}_test.py"}
    found = [str(file.relative_to(new)) for file in new.rglob("*.py") if file.name in names]
    return [path for path in sorted(found) if belongs_to_tests(path)]


if __name__ == "__main__":
    main()
