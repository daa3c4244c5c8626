from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.checks.junit import JunitError, TestResult, parse_junit

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" tests="4">
<testcase classname="tests.test_x" name="test_a" time="0.001" />
<testcase classname="tests.test_x" name="test_b[1-2]" time="0.5"><failure message="1 == 2">a &lt;</failure></testcase>
<testcase classname="tests.test_x" name="test_c"><skipped type="pytest.skip" message="later"/></testcase>
<testcase classname="tests.test_x" name="test_d"><failure/><error message="teardown"/></testcase>
</testsuite></testsuites>"""


def test_each_case_has_its_name_and_verdict() -> None:
    assert parse_junit(PYTEST) == (
        TestResult(name="tests.test_x::test_a", verdict="passed", seconds=0.001),
        TestResult(name="tests.test_x::test_b[1-2]", verdict="failed", seconds=0.5),
        TestResult(name="tests.test_x::test_c", verdict="skipped"),
        TestResult(name="tests.test_x::test_d", verdict="error"),
    )


def test_a_report_of_another_tool_without_wrapper_is_read() -> None:
    data = b'<testsuite><testcase name="adds" file="a.ts" time="1,234.5"/><testcase name="x" time="nan"/></testsuite>'
    assert parse_junit(data) == (
        TestResult(name="a.ts::adds", verdict="passed", seconds=1234.5),
        TestResult(name="x", verdict="passed"),
    )


def test_an_empty_suite_has_no_cases() -> None:
    assert parse_junit(b"<testsuites/>") == ()


BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(10))
    + b"]><testsuites><testcase name='&k;'/></testsuites>"
)
EXTERNAL = b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuites/>'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BILLION_LAUGHS, "document type declaration"),
        (EXTERNAL, "document type declaration"),
        (b"", "not XML"),
        (b"\x00\x01", "not XML"),
        (b"<testsuites>", "not XML"),
        (b"<testsuites>&nbsp;</testsuites>", "not XML"),
        (b"<html/>", "not JUnit"),
        (b"<testsuites>" * 100, "nested too deeply"),
        (b"<?xml version='1.0' encoding='klingon'?><testsuites/>", "encoding"),
        (b"<testsuite><testcase name='a'><testcase name='b'/></testcase></testsuite>", "inside a test case"),
        (b"<testsuite>" + b"<testcase/>" * 200_001 + b"</testsuite>", "more than 200000 test cases"),
        (b" " * (32 * 2**20 + 1), "larger than 32 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_hostile_or_broken_report_is_refused_with_the_reason(data: bytes, why: str) -> None:
    started = time.monotonic()
    with pytest.raises(JunitError) as caught:
        parse_junit(data)
    assert why in caught.value.what
    assert time.monotonic() - started < 10


def test_a_giant_name_is_cut() -> None:
    [case] = parse_junit(b'<testsuite><testcase name="' + b"a" * 1_000_000 + b'"/></testsuite>')
    assert len(case.name) == 300


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<testsuite>{text}</testsuite>".encode()))
@settings(deadline=None)
def test_any_bytes_give_cases_or_a_reason(data: bytes) -> None:
    with contextlib.suppress(JunitError):
        assert isinstance(parse_junit(data), tuple)
