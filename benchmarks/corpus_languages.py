"""What the kinds that only read say about real changes in TypeScript, JavaScript and Rust.

    python benchmarks/corpus_languages.py [--only PROJECT] [--most N] [--findings] [--table FILE]

As `corpus.py`, but nothing is run: releases come from the npm registry (`npm pack`) and as source distributions from
the Python index, pinned by digest in `corpus.json`; the difference of two releases is cut into one changed source file
with the test files that are named after it, on top of the older release. `--findings` prints every finding, to be read.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus import CACHE, lay_out, make_environment, pip
from corpus_table import write_languages
from timed_check import git, timed_check

from podium.evidence.test_code import belongs_to_tests
from podium.kernel.value import canonical
from podium.project.model import Settings


@dataclass(frozen=True)
class Project:
    """Releases of one project, oldest first, and where its own sources are in them."""

    name: str
    language: str
    versions: tuple[str, ...]
    sources: tuple[str, ...]  # how their paths begin
    ending: str


PROJECTS = (
    Project("zod", "TypeScript", ("4.0.5", "4.0.17", "4.1.5"), ("src/v3/", "src/v4/"), ".ts"),
    Project("fastify", "JavaScript", ("4.28.1", "4.29.1", "5.0.0", "5.2.1"), ("lib/", "fastify.js"), ".js"),
    Project("cryptography", "Rust", ("40.0.2", "41.0.7", "42.0.8"), ("src/rust/",), ".rs"),
)


def main() -> None:
    """Fetch, cut, check, write the table."""
    parser = argparse.ArgumentParser(description="What the reading kinds say about real changes in other languages.")
    parser.add_argument("--only", default="")
    parser.add_argument("--most", type=int, default=8, help="slices of a release: those that change most")
    parser.add_argument("--findings", action="store_true", help="print every finding")
    parser.add_argument("--table", type=Path)
    chosen = parser.parse_args()
    results: list[dict[str, Any]] = []
    for project in PROJECTS:
        if chosen.only in ("", project.name):
            releases = [(version, unpack(project, version)) for version in project.versions]
            for (old, before), (new, after) in pairwise(releases):
                paths = changed_files(project, before, after)[: chosen.most]
                results += [look(f"{project.name} {old}..{new}", project, path, before, after) for path in paths]
    if chosen.findings:
        print_findings(results)
    if chosen.table:
        write_languages(results, chosen.table)


def unpack(project: Project, version: str) -> Path:
    """The files of a release, fetched once; its digest must be the pinned one."""
    place = CACHE / "releases" / f"{project.name}-{version}"
    if place.exists():
        return place
    fetched = CACHE / "archives" / f"{project.name}-{version}"
    fetched.mkdir(parents=True, exist_ok=True)
    if not list(fetched.iterdir()):
        fetch(project, version, fetched)
    [archive] = fetched.iterdir()
    lay_out(archive, place)
    return place


def fetch(project: Project, version: str, into: Path) -> None:
    """Put the archive of a release into a directory."""
    if project.language == "Rust":
        command = [*pip(make_environment()), "download", "--no-deps", "--no-build-isolation", "--no-binary", ":all:"]
        subprocess.run([*command, "-d", str(into), f"{project.name}=={version}"], check=True)
    else:
        subprocess.run(["npm", "pack", "--silent", f"{project.name}@{version}"], cwd=into, check=True)


def changed_files(project: Project, old: Path, new: Path) -> list[str]:
    """The source files that both releases have and that differ, those that change most first."""
    files = (str(file.relative_to(new)) for file in new.rglob(f"*{project.ending}") if file.is_file())
    found = [
        path
        for path in sorted(files)
        if path.startswith(project.sources)
        and not belongs_to_tests(path)
        and not path.endswith((".d.ts", ".min.js"))
        and "/locales/" not in path
        and (old / path).exists()
        and (old / path).read_bytes() != (new / path).read_bytes()
    ]
    return sorted(found, key=lambda path: -_size(old / path, new / path))


def _size(old: Path, new: Path) -> int:
    before, after = (file.read_text(encoding="utf-8", errors="replace").splitlines() for file in (old, new))
    return sum(line[:1] in "+-" for line in difflib.unified_diff(before, after, n=0))


def tests_of(project: Project, module: str, new: Path) -> list[str]:
    """The test files of a release that are named after a source file."""
    stem = module.rpartition("/")[2].removesuffix(project.ending).lower()
    found = [str(file.relative_to(new)) for file in new.rglob(f"*{project.ending}") if file.is_file()]
    names = {f"{each}{kind}" for each in (stem, stem.removesuffix("s")) for kind in ("", ".test", "_test", "s.test")}
    own = {f"{name}{project.ending}" for name in names}
    return sorted(path for path in found if belongs_to_tests(path) and path.rpartition("/")[2].lower() in own)


def look(release: str, project: Project, module: str, old: Path, new: Path) -> dict[str, Any]:
    """What is said about one slice; from the cache when the same program said it before."""
    name = f"{release} {module}"
    root = CACHE / "work" / hashlib.sha256(name.encode()).hexdigest()[:16]
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(old, root, symlinks=True)
    git(root, "init", "-q", "--initial-branch=main")
    git(root, "add", "--all", "--force")
    git(root, "commit", "-q", "-m", "before")
    git(root, "checkout", "-q", "-b", "slice")
    for path in [module, *tests_of(project, module, new)]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(new / path, root / path)
    git(root, "add", "--all", "--force")
    git(root, "commit", "-q", "-m", name)
    counts = [int(count) for count in git(root, "diff", "--numstat", "main", "slice").split() if count.isdigit()]
    found = timed_check(root, "main..slice", Settings(project="benchmark"))
    shutil.rmtree(root, ignore_errors=True)
    return {
        "name": name,
        "project": project.name,
        "language": project.language,
        "lines": sum(counts),
        "seconds": round(max((each.at for each in found), default=0.0), 1),
        "items": [json.loads(canonical(each.item)) for each in found],
    }


def print_findings(results: list[dict[str, Any]]) -> None:
    """All findings, one a line, for a person to read."""
    for result in results:
        print(f"== {result['name']} ({result['lines']} lines, {result['seconds']} s)")
        for item in result["items"]:
            outcome = item["outcome"]
            if outcome["type"] in ("blind", "not run"):
                print(f"   {outcome['type']:8} {item['kind']} {item['name']}: {outcome['why'][:160]}")
            for each in item.get("findings", []):
                place = f"{each.get('path', '')}:{each.get('line', 0)} {each.get('side', '')}"
                print(f"   {each['level']:8} {each['rule']} {place} {each['message'][:170]}")


if __name__ == "__main__":
    main()
