"""A kind of evidence from a package of somebody else, found by its entry point and held to the same suite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGE = """
from __future__ import annotations

from podium.checks.bench import Bench
from podium.checks.kind import Answer, GatherOrder, Job
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Fails, Holds


class Swearing:
    name = "swearing"

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        return (Job(kind=self.name, name="swearing", work=_work),)


async def _work(bench: Bench) -> Answer:
    found = Findings()
    for change in bench.order.changes:
        for line in (line for hunk in change.hunks for line in hunk.lines if line.kind == "+"):
            if "damn" in line.text:
                found.add_line("swearing", "note", "mind your tongue", change, line)
    return Answer(outcome=Fails(why="it swears") if found.count else Holds(), findings=found.all())


SWEARING = Swearing()
"""

SUITE = """
from importlib.metadata import distributions

from podium.checks.kind import installed_kinds
from podium.plan.model import Task
from podium.checks.kind import GatherOrder
from podium.project.model import Settings
from podium.testing.evidence_conformance import EvidenceConformance, hostile_changes

KIND = {kind.name: kind for kind in installed_kinds()}["swearing"]


class TestSwearing(EvidenceConformance):
    kind = KIND
    order = GatherOrder(
        run="r", round=1, base_tree="b", tree="t", task=Task(id="T", title="t", clauses=(), scope=("**",)), clauses=(),
        changes=hostile_changes(), settings=Settings(project="p"), environment="none",
    )
"""


def test_a_kind_of_another_package_is_found_and_passes_the_suite(tmp_path: Path) -> None:
    installed = tmp_path / "site"
    about = installed / "swearing_evidence-1.0.dist-info"
    about.mkdir(parents=True)
    (installed / "swearing_evidence.py").write_text(PACKAGE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: swearing-evidence\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[podium.evidence]\nswearing = swearing_evidence:SWEARING\n")
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "test_swearing_kind.py").write_text(SUITE)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(suite),
            "-c",
            "/dev/null",
            str(suite),
        ],
        cwd=suite,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
