"""Which files and lines are tests, by the habits of the common languages. Pure."""

from __future__ import annotations

import re
import sys

_LINE_LIMIT = 2000

_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "testing", "e2e"})
_TEST_NAME = re.compile(
    r"^(test_.*|.*_tests?)\.(py|go|rb|exs|c|cc|cpp|rs|php|dart|lua|jl)$"
    r"|.*[._-](test|tests|spec|e2e|cy)\.(js|jsx|ts|tsx|mjs|cjs|mts|cts|vue|svelte|rb)$"
    r"|^([A-Z]\w*Tests?|Test[A-Z]\w*|\w*Spec|\w*IT)\.(java|kt|scala|groovy|cs|swift|php)$"
)
_CODE = re.compile(
    r"\.(py|pyi|js|jsx|ts|tsx|mjs|cjs|mts|cts|go|rs|rb|java|kt|scala|groovy|cs|swift|php|c|cc|cpp|ex|exs)$"
)
_SHOWS = re.compile(r"(?:^|/)(?:docs?|examples?|benchmarks?|demos?|node_modules|vendor|third_party)/")
_RULES = re.compile(
    r"(^|/)(conftest\.py|pytest\.ini|tox\.ini|noxfile\.py|\.coveragerc|jest\.config\.\w+|vitest\.config\.\w+"
    r"|karma\.conf\.js|\.mocharc\.\w+|playwright\.config\.\w+|codecov\.ya?ml|\.codecov\.ya?ml|\.pre-commit-config\.yaml"
    r"|\.gitlab-ci\.yml|Jenkinsfile|azure-pipelines\.yml)$"
    r"|^\.github/workflows/|^\.circleci/|^\.ci/"
)
_UNASKED = re.compile(
    r"(?:^|/)(?:sitecustomize\.py|usercustomize\.py|[^/]*\.pth|\.?pytest\.(?:ini|toml)|GNUmakefile|makefile|\.envrc"
    r"|\.npmrc|\.yarnrc(?:\.yml)?|\.pnp\.c?js|bunfig\.toml|babel\.config\.\w+|\.babelrc[\w.]*|\.swcrc|vite\.config\.\w+"
    r"|(?:jest|vitest)[.-](?:setup|workspace)[\w.-]*|\.rspec|Rakefile|phpunit\.xml[\w.]*|rust-toolchain(?:\.toml)?|go\.work)$"
    r"|(?:^|/)(?:\.cargo/config(?:\.toml)?|node_modules/.+|site-packages/.+|\.venv/.+)$"
)
"""What runs before any test, or in place of the runner, without a word about it in the test command."""
_RUNNERS = frozenset(
    (
        "pytest",
        "_pytest",
        "pluggy",
        "py",
        "coverage",
        "nose",
        "nose2",
        "tox",
        "nox",
        "hypothesis",
        "xdist",
        "pytest_cov",
    )
)
_TOP_FOLDERS = frozenset({"", "src", "lib", "test", "tests"})

_MIXED = re.compile(
    r"(^|/)(pyproject\.toml|setup\.cfg|package\.json|Cargo\.toml|deno\.jsonc?|tsconfig[\w.-]*\.json|Makefile|justfile"
    r"|\.?ruff\.toml|mypy\.ini|pyrightconfig\.json|\.flake8|\.eslintrc[\w.]*|eslint\.config\.\w+|biome\.jsonc?"
    r"|\.golangci\.ya?ml|clippy\.toml|\.nycrc[\w.]*)$"
)
"""Files that hold much, and among it what rules tests, linters or coverage."""
_RULE_LINE = re.compile(
    r"\b(?:fail_under|omit|exclude_lines|exclude_also|addopts|testpaths|norecursedirs|python_(?:files|functions|classes)"
    r"|pytest11|pytest_plugins|pythonpath|collect_ignore(?:_glob)?|deselect|ignore_errors|ignore_missing_imports|disable_error_code|per-file-ignores|extend-ignore|coverageThreshold"
    r"|testPathIgnorePatterns|testMatch|collectCoverageFrom|passWithNoTests|skipLibCheck|check-coverage|xfail_strict)\b"
    r"|--(?:ignore|deselect|passWithNoTests|no-verify|exclude|cov-fail-under)\b|--no-fail\b"
    r"|[\"']?(?:strict|noImplicitAny|strictNullChecks)[\"']?\s*[:=]\s*false"
    r"|[\"'](?:test|pretest|lint)(?::\w+)?[\"']\s*:\s*[\"']|^\s*(?:ignore|exclude|disable|skip)\s*[=:]"
    r"|:\s*[\[\"' ]*(?:off|[\"']off[\"'])\b"
)
_SILENCES = re.compile(
    r"#\s*(?:noqa|nosec|type:\s*ignore|pyright:\s*ignore|pragma:\s*no\s*(?:cover|branch)|pylint:\s*disable|mypy:\s*ignore)"
    r"|(?://|/\*)\s*(?:eslint-disable|@ts-(?:ignore|nocheck|expect-error)|istanbul\s+ignore|[cv]8\s+ignore(?!\s+(?:stop|end)\b)"
    r"|biome-ignore|nolint\b|prettier-ignore)|#!?\[allow\("
)

_TEST_CASE = re.compile(
    r"^\s*(?:async\s+)?def\s+(?P<py>test\w*)\s*\("
    r"|^\s*class\s+(?P<cls>Test\w*)"
    r"|^\s*(?:(?:await|return)\s+)?(?:(?:tt?|st|tap|ctx)\.)?(?:it|test|specify)(?:\.\w+)*\s*\(\s*(?P<q>['\"`])(?P<js>.+?)(?P=q)"
    r"|^\s*func\s+(?P<go>(?:Test|Fuzz|Example)\w*)\s*\("
    r"|^\s*(?:pub\s+)?(?:async\s+)?fn\s+(?P<rs>test\w*|\w+_test)\s*\("
    r"|^\s*(?:public\s+)?(?:void|fun)\s+(?P<jv>test\w*)\s*\("
)
_TEST_MARK = re.compile(r"^\s*(?:#\[(?:\w+::)?test\b|@(?:Test|ParameterizedTest|RepeatedTest)\b)")
_ASSERTION = re.compile(
    r"^\s*assert\b|\bself\.assert\w+\s*\(|\bself\.fail\w*\s*\(|\bpytest\.(?:raises|warns|fail)\b"
    r"|\bexpect\s*\(|\bassert(?:_\w+|\.\w+)?!?\s*\(|\bAssert\.\w+\s*\(|\bassert[A-Z]\w*\s*\("
    r"|\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\brequire\.\w+\s*\(|\.should\b"
    r"|\bassert_called\w*|\.assert_\w+\s*\("
)
_SKIP = re.compile(
    r"@(?:pytest\.mark\.|mark\.)(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail|importorskip)\s*\("
    r"|\bpytestmark\s*=.*\b(?:skip|xfail)|@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b"
    r"|\bself\.skipTest\s*\(|\braise\s+(?:unittest\.)?SkipTest\b|marks\s*=.*\b(?:skip|xfail)\b"
    r"|\b(?:it|test|describe|context|suite)\.(?:skip|todo|fixme|failing)\b|^\s*(?:xit|xtest|xdescribe|xcontext)\s*\("
    r"|\bt\.(?:Skip|Skipf|SkipNow)\s*\(|^\s*#\[ignore\b|@(?:Disabled|Ignore)\b|\[(?:Ignore|Fact\(Skip)"
)
_FOCUS = re.compile(r"\b(?:it|test|describe|context|suite)\.only\b|^\s*(?:fit|fdescribe)\s*\(")


def is_test_file(path: str) -> bool:
    """Whether a path is a file of tests (or of what only tests use)."""
    folders, _, name = path.strip('"').rpartition("/")
    if _TEST_NAME.match(name) or name == "conftest.py":
        return True
    return bool(_CODE.search(name)) and not _TEST_FOLDERS.isdisjoint(folders.lower().split("/"))


def belongs_to_tests(path: str) -> bool:
    """Whether a path is a test file, or anything at all in a folder of tests, such as data that tests read."""
    folders = path.strip('"').rpartition("/")[0].lower().split("/")
    return is_test_file(path) or not _TEST_FOLDERS.isdisjoint(folders)


def is_code(path: str) -> bool:
    """Whether a path is source code of a common language."""
    return _CODE.search(path.strip('"')) is not None


def is_program(path: str) -> bool:
    """Whether a path is code of the program itself: no test, and nothing that only shows how the program is used."""
    return is_code(path) and not belongs_to_tests(path) and not _SHOWS.search(path.strip('"'))


def rules_the_tests(path: str) -> bool:
    """Whether a path configures how tests, coverage or CI run."""
    return _RULES.search(path.strip('"')) is not None


def runs_unasked(path: str) -> bool:
    """Whether whatever stands in this file runs before any test, or takes the place of what runs them."""
    bare = path.strip('"')
    return _UNASKED.search(bare) is not None or _module(bare) in _RUNNERS


def hides_a_module(path: str) -> bool:
    """Whether a new file of this name is what Python imports, in place of a module of its own library."""
    return _module(path.strip('"')) in sys.stdlib_module_names - {"test"}  # a folder of tests may have that name


def _module(path: str) -> str:
    """The module that a path is at the beginning of Python's search path; empty for any other."""
    if not path.endswith(".py"):
        return ""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return parts[-1] if "/".join(parts[:-1]) in _TOP_FOLDERS else ""


def sets_a_rule(path: str, text: str) -> bool:
    """Whether this line of a file that holds settings of many tools rules tests, linters or coverage."""
    return _MIXED.search(path.strip('"')) is not None and _RULE_LINE.search(text[:_LINE_LIMIT]) is not None


def silences(path: str, text: str) -> bool:
    """Whether this line of code tells a linter, a type checker or a coverage tool to look away."""
    return is_code(path) and _SILENCES.search(text[:_LINE_LIMIT]) is not None


def test_case(text: str) -> str:
    """The name of the test case that this line begins, or an empty text."""
    found = _TEST_CASE.search(text[:_LINE_LIMIT])
    if found is None:
        return ""
    return next((found[group] for group in ("py", "cls", "js", "go", "rs", "jv") if found[group]), "")


def marks_a_test(text: str) -> bool:
    """Whether this line declares that what follows is a test (Rust, Java)."""
    return _TEST_MARK.search(text[:_LINE_LIMIT]) is not None


def asserts(text: str) -> bool:
    """Whether this line asserts something."""
    return _ASSERTION.search(text[:_LINE_LIMIT]) is not None


def skips(text: str) -> bool:
    """Whether this line skips a test or expects it to fail."""
    return _SKIP.search(text[:_LINE_LIMIT]) is not None


def focuses(text: str) -> bool:
    """Whether this line makes the runner leave out all other tests."""
    return _FOCUS.search(text[:_LINE_LIMIT]) is not None
