"""What the tests of a JavaScript or TypeScript file claim: Jest, Vitest, Mocha with Chai, node:test. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from podium.checks.languages.syntax import line_of, raw, walk, words
from podium.checks.python_claims import VACUOUS, Claim, Test

if TYPE_CHECKING:
    from tree_sitter import Node

_CASE = re.compile(r"^(?:[xf]?it|x?test|specify|Deno\.test|(?:tt?|st|tap|ctx)\.test)(?:\.|$)")
_OWN = re.compile(r"^(?:chai\.|(?:tt?|st|tap|ctx)\.)?assert(?:\.\w+)*$")
_GIVEN = re.compile(r"^(?:tt?|st|tap)\.(\w+)$")
_GROUP = re.compile(r"^(?:[xf]?describe|[xf]?context|suite)(?:\.|$)")
_SKIPPED = re.compile(r"^x|\.(?:skip|todo|fixme|failing|fails)\b")
_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function"})
_MOCKS = re.compile(r"^(?:jest|vi)\.(?:mock|doMock|spyOn|setMock)$|^sinon\.(?:stub|mock|replace|fake)$|^mock\.method$")
_MATCHERS = {
    "toBe": "==", "toEqual": "==", "toStrictEqual": "==", "toHaveLength": "==", "toMatchSnapshot": "==",
    "toMatchInlineSnapshot": "==", "toHaveProperty": "holds", "toContain": "holds", "toContainEqual": "holds",
    "toMatch": "matches", "toMatchObject": "has the items of", "toThrow": "raises", "toThrowError": "raises",
    "toBeCloseTo": "~=", "toBeInstanceOf": "isinstance", "toBeGreaterThan": ">", "toBeGreaterThanOrEqual": ">=",
    "toBeLessThan": "<", "toBeLessThanOrEqual": "<=", "toBeTruthy": "true", "toBeFalsy": "false",
    "toHaveBeenCalledWith": "calls", "toHaveBeenLastCalledWith": "calls", "toHaveBeenNthCalledWith": "calls",
    "toHaveBeenCalledTimes": "calls", "toHaveBeenCalled": "true", "toBeDefined": "is not", "toBeUndefined": "is",
    "toBeNull": "==", "toBeNaN": "==",
    "equal": "==", "equals": "==", "eq": "==", "eql": "==", "deepEqual": "==", "strictEqual": "==",
    "deepStrictEqual": "==", "notEqual": "!=", "notStrictEqual": "!=", "notDeepEqual": "!=", "notDeepStrictEqual": "!=",
    "include": "holds", "includes": "holds", "contain": "holds", "members": "has the items of", "throw": "raises",
    "throws": "raises", "rejects": "raises", "lengthOf": "==", "match": "matches", "instanceOf": "isinstance",
    "instanceof": "isinstance", "above": ">", "below": "<", "least": ">=", "most": "<=", "closeTo": "~=", "ok": "true",
    "isTrue": "true", "isOk": "true", "isFalse": "false", "property": "holds", "a": "isinstance", "an": "isinstance",
}  # fmt: skip
_GIVEN_MATCHERS = {
    "equal": "equal", "equals": "equal", "is": "strictEqual", "same": "deepEqual", "deepEqual": "deepEqual",
    "strictSame": "deepStrictEqual", "strictEqual": "strictEqual", "like": "match",
    "deepStrictEqual": "deepStrictEqual",
    "not": "notEqual", "notEqual": "notEqual", "notSame": "notDeepEqual", "notStrictSame": "notDeepStrictEqual",
    "notDeepEqual": "notDeepEqual", "match": "match", "regex": "match", "has": "match", "hasStrict": "match",
    "ok": "ok",
    "truthy": "ok", "true": "isTrue", "notOk": "isFalse", "falsy": "isFalse", "false": "isFalse",
    "throws": "throws", "rejects": "rejects", "throwsAsync": "rejects",
}  # fmt: skip
_BARE = {"toBeNull": "null", "toBeUndefined": "undefined", "toBeDefined": "undefined", "toBeNaN": "NaN"}
_PROPERTY = {"true": ("==", "true"), "false": ("==", "false"), "null": ("==", "null"), "undefined": ("is", "undefined"),
             "ok": ("true", ""), "empty": ("==", "empty"), "exist": ("is not", "undefined")}  # fmt: skip
_OPPOSITE = {"==": "!=", "is": "is not", "is not": "is", "holds": "lacks", "true": "false", "false": "true",
             ">": "<=", ">=": "<", "<": ">=", "<=": ">"}  # fmt: skip
_BRANCHES = frozenset({"if_statement", "switch_case", "ternary_expression", "catch_clause"})


def js_tests(root: Node) -> dict[str, Test]:
    """Every test case of a file by its name within its groups; what stands outside of all is `the file`."""
    reader = _Reader()
    reader.read(root)
    return {test.name: test for test in reader.tests if test is reader.tests[0] or test.declared}


class _Reader:
    """Walks a file once; what a node stands in is carried along the stack."""

    def __init__(self) -> None:
        self.tests: list[Test] = [Test(name="the file", line=1)]
        self._taken: dict[str, int] = {}

    def read(self, root: Node) -> None:
        # node, the test it is in, names of its groups, skips of them, is it conditional, is a failure of it caught
        stack: list[tuple[Node, Test, str, tuple[tuple[str, int], ...], bool, bool]] = []
        stack.append((root, self.tests[0], "", (), False, False))
        while stack:
            node, test, group, skips, conditional, swallowed = stack.pop()
            if node.type == "call_expression":
                callee = words(node.child_by_field_name("function"))
                test, group, skips = self._call(node, callee, test, group, skips)
                self._claims(node, callee, test, conditional, swallowed)
            elif node.type == "member_expression":
                self._chai(node, test, conditional, swallowed)
            conditional = conditional or (node.type in _BRANCHES and test.declared)
            caught = node.type == "try_statement" and _swallows(node)
            for child in reversed(node.children):
                within = swallowed or (caught and child.type == "statement_block")
                stack.append((child, test, group, skips, conditional, within))

    def _call(
        self, node: Node, callee: str, test: Test, group: str, skips: tuple[tuple[str, int], ...]
    ) -> tuple[Test, str, tuple[tuple[str, int], ...]]:
        base = callee.partition("(")[0]
        body = _callback(node)
        title = _title(node)
        own = ((base, line_of(node)),) if _SKIPPED.search(base) else ()
        if _GROUP.match(base) and body is not None:
            return test, f"{group}{title} > ", skips + own
        if _CASE.match(base) and (body is not None or own) and (title or own):
            fresh = Test(name=self._unique(group + title), line=line_of(node), skips=[*skips, *own], declared=True)
            fresh.cases = _cases(node)
            block = body.child_by_field_name("body") if body is not None else None
            fresh.empty = block is not None and block.type == "statement_block" and not _has_code(block)
            self.tests.append(fresh)
            return fresh, group, skips
        if _MOCKS.match(base):
            test.mocks[words(node.child_by_field_name("arguments"))[:200]] = line_of(node)
        if base in ("this.skip", "t.skip", "ctx.skip") and test.declared:
            test.skips.append((base, line_of(node)))
        return test, group, skips

    def _unique(self, name: str) -> str:
        self._taken[name] = self._taken.get(name, 0) + 1
        return name if self._taken[name] == 1 else f"{name} ({self._taken[name]})"

    def _claims(self, node: Node, callee: str, test: Test, conditional: bool, swallowed: bool) -> None:
        arguments = _arguments(node)
        expected = _expectation(node)
        if expected is not None:
            subject, chain = expected
            claim = _matched(subject, chain, arguments)
        elif arguments and (_OWN.match(callee) or ((given := _GIVEN.match(callee)) and given[1] in _GIVEN_MATCHERS)):
            claim = _asserted(callee, arguments)
        else:
            return
        if claim is not None:
            self._note(claim, test, line_of(node), conditional, swallowed)

    def _chai(self, node: Node, test: Test, conditional: bool, swallowed: bool) -> None:
        """`expect(x).to.be.true` is a claim without a call."""
        if node.parent is None or node.parent.type not in ("expression_statement", "await_expression"):
            return
        found = _expectation(node)
        if found is None or found[1][-1] not in _PROPERTY:
            return
        relation, expected = _PROPERTY[found[1][-1]]
        relation = _OPPOSITE.get(relation, relation) if "not" in found[1] else relation
        self._note(Claim(relation, found[0], expected, 0), test, line_of(node), conditional, swallowed)

    def _note(self, claim: Claim, test: Test, line: int, conditional: bool, swallowed: bool) -> None:
        core = claim.core
        test.claims.append(Claim(*core[:3], line, *core[3:], conditional=conditional, swallowed=swallowed))


def _callback(node: Node) -> Node | None:
    arguments = node.child_by_field_name("arguments")
    named = arguments.named_children if arguments is not None else []
    return next((each for each in named if each.type in _FUNCTIONS), None)


def _title(node: Node) -> str:
    arguments = _arguments(node)
    return arguments[0].strip("\"'`")[:200] if arguments and arguments[0][:1] in "\"'`" else ""


def _arguments(node: Node) -> list[str]:
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return []
    return [words(each) if each.type not in _FUNCTIONS else _body(each) for each in arguments.named_children]


def _body(function: Node) -> str:
    return words(function.child_by_field_name("body"))


def _has_code(block: Node) -> bool:
    return any(each.type != "comment" for each in block.named_children)


def _cases(node: Node) -> dict[str, int]:
    """The rows of `test.each([...])(...)`."""
    function = node.child_by_field_name("function")
    if function is None or function.type != "call_expression" or ".each" not in words(function)[:40]:
        return {}
    arguments = function.child_by_field_name("arguments")
    rows = next((each for each in arguments.named_children if each.type == "array"), None) if arguments else None
    return {words(row): line_of(row) for row in rows.named_children if row.type != "comment"} if rows else {}


def _expectation(node: Node) -> tuple[str, list[str]] | None:
    """Subject and the words after it, of `expect(subject).words.words(...)`."""
    chain: list[str] = []
    at = node.child_by_field_name("function") if node.type == "call_expression" else node
    while at is not None and at.type in ("member_expression", "call_expression"):
        if at.type == "member_expression":
            chain.append(raw(at.child_by_field_name("property")))
            at = at.child_by_field_name("object")
            continue
        callee = raw(at.child_by_field_name("function"))
        if callee in ("expect", "chai.expect", "expect.soft", "assertThat"):
            arguments = _arguments(at)
            return (arguments[0], chain[::-1]) if arguments and chain else None
        at = at.child_by_field_name("function")
    return None


def _matched(subject: str, chain: list[str], arguments: list[str]) -> Claim | None:
    matcher = chain[-1]
    relation = _MATCHERS.get(matcher, "true")
    expected = _BARE.get(matcher, ", ".join(arguments))
    tolerance = 0.0
    if matcher == "toBeCloseTo":
        expected, digits = (arguments or [""])[0], (arguments[1] if len(arguments) > 1 else "2")
        tolerance = 10.0 ** -int(digits) if digits.isdigit() and len(digits) < 3 else 0.0
    if matcher == "closeTo" and len(arguments) > 1:
        expected, tolerance = arguments[0], _float(arguments[1])
    if matcher not in _MATCHERS:
        subject, expected = f"{subject} {matcher} {expected}".strip(), ""
    if "not" in chain:
        opposite = _OPPOSITE.get(relation)
        relation, subject = (opposite, subject) if opposite else ("false", f"{subject} {relation} {expected}")
    if relation == "==" and "expect.any" in expected:
        relation = "has the items of"
    if _is_literal(subject) and (subject == expected or relation in ("true", "is not")):
        return Claim(VACUOUS, f"expect({subject}).{matcher}", "", 0)
    return Claim(relation, subject, expected, 0, tolerance)


def _asserted(callee: str, arguments: list[str]) -> Claim | None:
    matcher = callee.rpartition(".")[2] if "." in callee else "ok"
    matcher = "ok" if matcher == "assert" else _GIVEN_MATCHERS.get(matcher, matcher)
    if matcher == "ifError" or (matcher == "ok" and callee[:1] == "t" and _is_literal(arguments[0])):
        return None  # a guard in a callback, and what is counted against a plan: that this place is reached
    relation = _MATCHERS.get(matcher, "true") if matcher != "isFalse" else "false"
    subject = arguments[0]
    if matcher not in _MATCHERS:
        return Claim("true", f"{matcher} {', '.join(arguments)}", "", 0)
    if relation in ("true", "false"):
        if re.match(r"!\w+$|!\([^()]*\)$", subject):
            relation, subject = _OPPOSITE[relation], subject[1:].removeprefix("(").removesuffix(")")
        return Claim(VACUOUS if _is_literal(subject) else relation, subject, "", 0)
    return Claim(relation, subject, arguments[1] if len(arguments) > 1 else "", 0)


def _is_literal(text: str) -> bool:
    return text in ("true", "false", "null", "undefined") or bool(
        re.fullmatch(r"-?\d+(?:\.\d+)?|([\"'])[^\"']*\1", text)
    )


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _swallows(node: Node) -> bool:
    handler = node.child_by_field_name("handler")
    if handler is None:
        return False
    return not any(
        each.type == "throw_statement"
        or (
            each.type == "call_expression"
            and re.match(r"(?:tt?\.)?(?:expect|assert|fail|done|reject|threw)", words(each))
        )
        for each in walk(handler)
    )
