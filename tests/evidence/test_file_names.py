"""Names of new files that are fine here, and not where others check them out."""

from __future__ import annotations

import pytest

from podium.evidence.file_names import odd_names

COMPOSED, DECOMPOSED = "caf\u00e9.py", "cafe\u0301.py"


@pytest.mark.parametrize(
    ("new", "known", "rule"),
    [
        ("src/a.py", "src/A.py", "same"),
        ("SRC/b.py", "src/A.py", "same"),
        ("src/A.PY/x", "src/a.py", "same"),
        (DECOMPOSED, COMPOSED, "same"),
        ("stra\u00dfe.py", "STRASSE.py", "same"),
        ("src/nul", "x", "windows"),
        ("src/Aux.c", "x", "windows"),
        ("com1/x.py", "x", "windows"),
        ("trailing.", "x", "windows"),
        ("trailing ", "x", "windows"),
        ("a:b", "x", "windows"),
        ('"a\\nb"', "x", "windows"),
    ],
)
def test_a_name_that_is_lost_elsewhere_is_told(new: str, known: str, rule: str) -> None:
    findings = odd_names([new], [known, new]).all()
    assert [each.rule for each in findings] == [f"file-names/{rule}"]


@pytest.mark.parametrize(
    "new", ["src/a.py", "console.py", "com.py", "lpt10", "null", ".hidden", "a..b", "auxiliary.c", "caf\u00e9"]
)
def test_an_ordinary_name_is_not_told(new: str) -> None:
    assert odd_names([new], ["src/b.py", "src/c/A.py", new]).count == 0


def test_two_new_names_are_compared_and_a_directory_is_told_once() -> None:
    assert odd_names(["x.py", "X.py"], []).count == 1
    assert odd_names([f"Src/{n}.py" for n in range(9)], ["src/0.py"]).count == 10 - 9 + 1


def test_what_was_there_before_is_not_told() -> None:
    assert odd_names(["new.py"], ["a.py", "A.py", "aux.c"]).count == 0
