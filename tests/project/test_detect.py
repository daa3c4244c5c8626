"""What `podium init` finds out about a repository, and the podium.toml it writes."""

from __future__ import annotations

import pytest

from podium.project.detect import Detected, detect
from podium.project.model import Settings
from podium.project.render import render_settings
from podium.project.settings import parse_settings


def _detect(files: dict[str, str]) -> Detected:
    return detect(sorted(files), lambda path: files[path], name="shop", target="main")


@pytest.mark.parametrize(
    ("files", "test"),
    [
        ({"pyproject.toml": "[tool.pytest.ini_options]", "a.py": ""}, "python3 -m pytest -q"),
        ({"pyproject.toml": 'dev = ["pytest>=8"]', "a.py": ""}, "python3 -m pytest -q"),
        ({"tests/conftest.py": ""}, "python3 -m pytest -q"),
        ({"tests/test_a.py": "import unittest\n"}, "python3 -m unittest discover -s tests -t ."),
        ({"test_a.py": "import unittest\n"}, "python3 -m unittest discover -s . -t ."),
        ({"tests/test_a.py": "import pytest\n"}, "python3 -m pytest -q"),
        ({"tox.ini": "[tox]", "a.py": ""}, "tox"),
        ({"package.json": '{"scripts": {"test": "vitest run"}}'}, "npm test"),
        ({"package.json": '{"scripts": {"test": "jest"}}', "pnpm-lock.yaml": ""}, "pnpm test"),
        ({"package.json": '{"scripts": {"test": "jest"}}', "yarn.lock": ""}, "yarn test"),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, ""),
        ({"package.json": '{"devDependencies": {"vitest": "1"}}'}, "npx vitest run"),
        ({"package.json": '{"devDependencies": {"jest": "1"}}'}, "npx jest"),
        ({"package.json": "[]"}, ""),
        ({"package.json": "{"}, ""),
        ({"package.json": '{"scripts": {"test": 3}}'}, ""),
        ({"go.mod": "module x", "a_test.go": ""}, "go test ./..."),
        ({"Cargo.toml": "", "src/lib.rs": ""}, "cargo test"),
        ({"pom.xml": "", "mvnw": ""}, "./mvnw -B -q test"),
        ({"build.gradle.kts": "", "gradlew": ""}, "./gradlew test"),
        ({"build.gradle": ""}, "gradle test"),
        ({"Makefile": "all:\n\ttrue\ntest: all\n\ttrue\n"}, "make test"),
        ({"Makefile": "check:\n\ttrue\n"}, "make check"),
        ({"Makefile": "test := x\nall:\n"}, ""),
        ({"README.md": ""}, ""),
        ({}, ""),
    ],
)
def test_the_test_command_is_found(files: dict[str, str], test: str) -> None:
    found = _detect(files)
    assert found.test == test
    assert bool(found.because) == bool(test)


def test_languages_lockfiles_and_guarded_files_are_found() -> None:
    found = _detect(
        {
            "a.py": "", "b.py": "", "web/a.ts": "", "uv.lock": "", "web/package-lock.json": "", "package-lock.json": "",
            ".github/workflows/ci.yml": "", ".github/workflows/release.yml": "", "CODEOWNERS": "", ".gitlab-ci.yml": "",
        }
    )  # fmt: skip
    assert found.languages == ("Python", "TypeScript")
    assert found.lockfiles == ("uv.lock", "package-lock.json")
    assert found.setup == "uv sync --frozen"
    assert set(found.protected) == {".github/workflows/**", "CODEOWNERS", ".gitlab-ci.yml"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": "[tool.pytest]", "a.py": "", "uv.lock": "", ".github/workflows/x.yml": ""},
        {"tests/test_\n[x]=1\n.py": "import pytest"},
        {f"l{number}/a.py": "" for number in range(50)},
    ],
)
def test_the_file_of_init_is_short_and_reads_back(files: dict[str, str]) -> None:
    found = _detect(files)
    text = render_settings(found)
    settings = parse_settings(text)
    assert len(text.splitlines()) < 60
    assert max(len(line) for line in text.splitlines()) <= 130
    assert settings == Settings(
        project="shop",
        protected=settings.protected,
        environment=settings.environment,
    )
    assert settings.environment.test == found.test
    assert settings.environment.lockfiles == found.lockfiles
    guarded = {path for area in settings.protected for path in area.paths}
    assert guarded == {"podium.toml", "specs/**", *found.protected}


def test_an_odd_name_reads_back() -> None:
    found = Detected(name='a "b" \\ é \t', target="main")
    assert parse_settings(render_settings(Detected(name='a "b" \\ é', target="x/y"))).project == 'a "b" \\ é'
    assert parse_settings(render_settings(found)).project == 'a "b" \\ é'
