from __future__ import annotations

from checks_bench import change, order

from podium.checks.kinds.behaviour import BEHAVIOUR
from podium.checks.kinds.changes import CHANGES
from podium.checks.kinds.clause_checks import CLAUSE_CHECKS
from podium.checks.kinds.extra_checks import EXTRA_CHECKS
from podium.checks.kinds.mutants import MUTANTS
from podium.checks.kinds.new_tests_prove import NEW_TESTS_PROVE
from podium.checks.kinds.not_changed import NOT_CHANGED
from podium.checks.kinds.project_tests import PROJECT_TESTS
from podium.checks.kinds.public_api import PUBLIC_API
from podium.checks.kinds.security import SECURITY
from podium.checks.kinds.unrun_lines import UNRUN_LINES
from podium.checks.kinds.weakened_tests import WEAKENED_TESTS
from podium.project.model import EvidenceSettings, Protected
from podium.testing.evidence_conformance import EvidenceConformance, hostile_changes


class TestChanges(EvidenceConformance):
    kind = CHANGES
    order = order()


class TestClauseChecks(EvidenceConformance):
    kind = CLAUSE_CHECKS
    order = order({"B1": "true", "B2": "false", "D1": ""})


class TestExtraChecks(EvidenceConformance):
    kind = EXTRA_CHECKS
    order = order(
        changes=hostile_changes(),
        settings={"protected": (Protected(rule="extra-checks", paths=("src/**",), checks=("true",)),)},
    )


class TestProjectTests(EvidenceConformance):
    kind = PROJECT_TESTS
    order = order(test="true")


class TestWeakenedTests(EvidenceConformance):
    kind = WEAKENED_TESTS
    order = order(changes=hostile_changes())


class TestNewTestsProve(EvidenceConformance):
    kind = NEW_TESTS_PROVE
    order = order(test="pytest", changes=hostile_changes())


class TestUnrunLines(EvidenceConformance):
    kind = UNRUN_LINES
    order = order(test="pytest", changes=hostile_changes())


class TestMutants(EvidenceConformance):
    kind = MUTANTS
    order = order(test="pytest", changes=hostile_changes(), settings={"evidence": EvidenceSettings(mutants=True)})


class TestBehaviour(EvidenceConformance):
    kind = BEHAVIOUR
    order = order(test="pytest", changes=(*hostile_changes(), change("src/known.py")))


class TestPublicApi(EvidenceConformance):
    kind = PUBLIC_API
    order = order(changes=hostile_changes())


class TestNotChanged(EvidenceConformance):
    kind = NOT_CHANGED
    order = order(changes=hostile_changes())


class TestSecurity(EvidenceConformance):
    kind = SECURITY
    order = order(changes=hostile_changes())
