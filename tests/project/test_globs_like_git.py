"""Podium's globs against git's own `:(glob)`, and overlap and containment against looking at every short path."""

from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from podium.project.globs import contains, fault_of, matcher, matches, overlaps, unquoted

NAMES = ("a", "b", "ab", "a.b", "b-a", "]", "a*")
PATHS = sorted(
    {
        "/".join(parts)
        for depth in (1, 2, 3)
        for parts in itertools.product(NAMES if depth < 3 else NAMES[:4], repeat=depth)
    }
)
PIECES = ["a", "b", ".", "*", "**", "***", "/", "/**/", "**/", "?", "[ab]", "[!a]", "[^b]", "[a-b]", "[]a]",
          "[[:alpha:]]", "[", "]", "\\a", "\\*", "-", "a*", "[a-]", "[[:x:]]", "[\\]b]"]  # fmt: skip
globs = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose index holds PATHS; paths that are folders of others cannot be files too, so two indexes."""
    root = tmp_path_factory.mktemp("globs")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    blob = subprocess.run(
        ["git", "-C", str(root), "hash-object", "-w", "--stdin"], input=b"", capture_output=True, check=True
    ).stdout.decode()
    for depth in (1, 2, 3):
        lines = "".join(f"100644 {blob.strip()}\t{path}\0" for path in PATHS if path.count("/") == depth - 1)
        subprocess.run(
            ["git", "-C", str(root), "update-index", "-z", "--index-info"],
            input=lines.encode(),
            check=True,
            env={"PATH": "/usr/bin:/bin", "GIT_INDEX_FILE": str(root / f"index{depth}")},
        )
    return root


def _git(index: Path, glob: str) -> set[str]:
    found: set[str] = set()
    for depth in (1, 2, 3):
        listed = subprocess.run(
            ["git", "-C", str(index), "ls-files", "-z", "--", f":(glob){glob}"],
            capture_output=True,
            check=True,
            env={"PATH": "/usr/bin:/bin", "GIT_INDEX_FILE": str(index / f"index{depth}")},
        ).stdout.decode()
        found |= {path for path in listed.split("\0") if path}
    return found


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(glob=globs)
def test_a_glob_matches_what_git_matches(index: Path, glob: str) -> None:
    # git tidies such paths up before it matches, and Podium refuses them
    assume("//" not in glob and not glob.startswith("/") and not {".", ".."} & set(glob.split("/")))
    # on purpose unlike git: see the module
    assume(not (glob.endswith("/") and any(char in glob for char in "*?[\\")))
    assume(not glob.endswith("\\"))
    # refused by Podium; git drops a plain beginning before it matches, and then takes `a**` for `**`
    assume(not re.search(r"[^/*]\*\*", glob))
    assert {path for path in PATHS if matches(glob, path)} == _git(index, glob)


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("src/**", ["src/a", "src/a/b"], ["src", "xsrc/a"]),
        ("src", ["src", "src/a", "src/a/b"], ["srcs", "a/src"]),
        ("src/", ["src/a", "src/a/b"], ["src"]),
        ("src*/", ["src/a", "srcx/a/b"], ["src", "a/src/b"]),
        ("*.py", ["a.py"], ["a/b.py", "a.pyc"]),
        ("**/*.py", ["a.py", "a/b/c.py"], ["a.txt"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["az", "a/bz"]),
        ("é?", ["éa"], ["é"]),
    ],
)
def test_globs_read_as_people_expect(glob: str, yes: list[str], no: list[str]) -> None:
    assert [path for path in yes + no if matches(glob, path)] == yes
    assert [path for path in yes + no if matcher([glob])(path)] == yes


def test_a_path_in_gits_quoted_form_cannot_step_around_a_glob() -> None:
    assert matches("src/auth/**", '"src/auth/evil\\377.py"')
    assert matches("src/*.py", '"src/a\\nb.py"')
    assert matches("src/**", '"src/\\"quoted\\".py"')
    assert unquoted('"a\\\\b"') == "a\\b"
    assert unquoted('"caf\\303\\251"') == "café"
    assert unquoted("plain") == "plain"


SHORT = sorted(
    {"/".join(parts) for depth in (1, 2, 3) for parts in itertools.product(("a", "b", "ab", "c"), repeat=depth)}
)


@settings(max_examples=200, deadline=None)
@given(one=globs, other=globs)
def test_overlap_and_containment_agree_with_every_short_path(one: str, other: str) -> None:
    in_one = {path for path in SHORT if matches(one, path)}
    in_other = {path for path in SHORT if matches(other, path)}
    if in_one & in_other:
        assert overlaps(one, other)
    if not overlaps(one, other):
        assert not in_one & in_other
    if contains(one, other):
        assert in_other <= in_one
    if in_other - in_one:
        assert not contains(one, other)
    assert overlaps(one, other) == overlaps(other, one)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("src/**", "src/a.py", True),
        ("src/a/**", "src/b/**", False),
        ("src/*.py", "src/**/test_*.py", True),
        ("src/*.py", "src/a/*", False),
        ("*.py", "*.pyc", False),
        ("[a-c]*", "[d-f]*", False),
        ("a/**", "a", True),
        ("**/tests/**", "src/**", True),
        ("src/?.py", "src/??.py", False),
    ],
)
def test_overlap_is_exact(one: str, other: str, meet: bool) -> None:
    assert overlaps(one, other) is meet


def test_containment_is_exact_also_in_several_globs_together() -> None:
    assert contains("src/**", "src/a/*.py")
    assert not contains("src/*", "src/**")
    assert contains(("src/a/**", "src/b/**"), "src/[ab]/x")
    assert not contains(("src/a/**", "src/b/**"), "src/[abc]/x")
    assert contains("src/*.py", "src/a*.py")
    assert not contains((), "a")


def test_many_stars_do_not_take_for_ever() -> None:
    assert not matches("*a*a*a*a*b", "a" * 200)
    assert overlaps("**/*a*/**/*b*/**", "**/*c*/**/*d*/**")


@pytest.mark.parametrize(
    ("glob", "instead"),
    [
        ("/src", '"src"'), ("", "**"), ("../x", "top of the repository"), ("./a", '"a"'), ("a//b", '"a/b"'),
        ("a[b", "\\["), ("!a", "name what is wanted"), (":(glob)a", "plainly"),
        ("a**b", '"*" within a name'), ("a\nb", "one glob"),
    ],
)  # fmt: skip
def test_a_bad_glob_is_refused_with_a_good_one(glob: str, instead: str) -> None:
    fault = fault_of(glob)
    assert fault is not None
    assert instead in fault[1]


@pytest.mark.parametrize("glob", ["src/**", "**", "**/*.py", "a/**/b", "[!a]b", "src/", "a b", "*.{x}", "a\\[b"])
def test_a_good_glob_is_not_refused(glob: str) -> None:
    assert fault_of(glob) is None
