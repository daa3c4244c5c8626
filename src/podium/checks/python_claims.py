"""What a Python test claims: each assertion as subject, relation and expected value.

`assert f(x) == 3`, `assert 3 == f(x)`, `self.assertEqual(f(x), 3)` and `assert f(x) == 3 and y` claim the same about
`f(x)`, so that a rewrite in another style is no weakening. Texts are the canonical ones of `ast.unparse`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from podium.checks.ports import UnreadableError

SOURCE_LIMIT: Final = 2 * 1024 * 1024
_NODE_LIMIT: Final = 400_000

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

# How much a relation pins down. A claim about the same subject with a smaller number is a looser one.
STRENGTH: Final = {
    "==": 6, "is": 6, "calls": 6, "~=": 5, "raises": 5, "warns": 5, "in": 4,
    "holds": 4, "lacks": 3, "matches": 4, "has the items of": 5, "isinstance": 3,
    "<": 3, "<=": 3, ">": 3, ">=": 3, "not in": 3, "!=": 2, "is not": 2, "true": 1, "false": 1,
}  # fmt: skip

VACUOUS: Final = "nothing"
"""The relation of an assertion that can only be true."""

_OPERATORS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_UNITTEST: Final = {
    "assertEqual": "==", "assertEquals": "==", "assertListEqual": "==", "assertDictEqual": "==",
    "assertTupleEqual": "==", "assertSetEqual": "==", "assertSequenceEqual": "==", "assertMultiLineEqual": "==",
    "assertCountEqual": "has the items of", "assertIs": "is", "assertIsNot": "is not", "assertNotEqual": "!=",
    "assertIn": "in", "assertNotIn": "not in", "assertGreater": ">", "assertGreaterEqual": ">=", "assertLess": "<",
    "assertLessEqual": "<=", "assertAlmostEqual": "~=", "assertIsInstance": "isinstance", "assertRegex": "matches",
    "assertTrue": "true", "assertFalse": "false",
}  # fmt: skip
_MOCK: Final = ("assert_called_with", "assert_called_once_with", "assert_any_call", "assert_has_calls")
_SWALLOWING: Final = {"", "Exception", "BaseException", "AssertionError"}


@dataclass(frozen=True)
class Claim:
    """One assertion."""

    relation: str
    subject: str
    expected: str
    line: int
    tolerance: float = 0.0  # of an approximate comparison; larger = looser; relative and absolute ones are added
    match: str = ""  # of an expected exception: the pattern its message must have
    conditional: bool = False  # it is within an `if`, a loop that may not run, or a function that may not be called
    swallowed: bool = False  # its failure is caught

    @property
    def core(self) -> tuple[str, str, str, float, str]:
        """What it claims, wherever it stands."""
        return (self.relation, self.subject, self.expected, self.tolerance, self.match)


@dataclass
class Test:
    """One function of a test file, with all that it claims."""

    name: str  # qualified by its classes
    line: int
    claims: list[Claim] = field(default_factory=list[Claim])
    skips: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])  # text and line
    cases: dict[str, int] = field(default_factory=dict[str, int])  # parametrize: each case's text, its line
    mocks: dict[str, int] = field(default_factory=dict[str, int])  # what is replaced by a mock
    empty: bool = False
    body: str = ""  # all of it, in a form that layout and comments do not change
    declared: bool = False  # it is a test because the file says so, whatever its name

    @property
    def is_test(self) -> bool:
        """Whether a runner collects it."""
        return self.declared or self.name.rpartition(".")[2].startswith("test")


def parse_tests(source: bytes) -> dict[str, Test]:
    """Every function of a test file by its qualified name; module-level marks count for each.

    Raises UnreadableError.
    """
    tree = parse(source)
    try:
        return {test.name: test for test in _tests(tree)}
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error


def parse(source: bytes) -> ast.Module:
    """The syntax tree of a hostile source. Raises UnreadableError."""
    if len(source) > SOURCE_LIMIT:
        raise UnreadableError(f"it is larger than {SOURCE_LIMIT // 2**20} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
        if sum(1 for _ in ast.walk(tree)) > _NODE_LIMIT:
            raise UnreadableError("it has too many expressions")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"it is not Python that can be parsed here ({type(error).__name__})") from error
    return tree


def _tests(tree: ast.Module) -> Iterator[Test]:
    marks = [("pytestmark", node.lineno) for node in tree.body if _is_skipping_mark(node)]
    yield from _in_body(tree.body, "", marks)


def _in_body(body: list[ast.stmt], prefix: str, marks: list[tuple[str, int]]) -> Iterator[Test]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = [(text(d), d.lineno) for d in node.decorator_list if _skips(d)]
            own += [("pytestmark", each.lineno) for each in node.body if _is_skipping_mark(each)]
            yield from _in_body(node.body, f"{prefix}{node.name}.", marks + own)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield _test(node, prefix, marks)


def _test(node: Function, prefix: str, marks: list[tuple[str, int]]) -> Test:
    test = Test(name=prefix + node.name, line=node.lineno, skips=list(marks))
    for decorator in node.decorator_list:
        if _skips(decorator):
            test.skips.append((text(decorator), decorator.lineno))
        elif isinstance(decorator, ast.Call) and text(decorator.func).endswith("parametrize"):
            _cases(decorator, test)
        elif isinstance(decorator, ast.Call) and ".patch" in f".{text(decorator.func)}":
            test.mocks[text(decorator)] = decorator.lineno
    _Body(test).statements(node.body)
    test.body = ast.dump(node)
    test.empty = all(isinstance(each, ast.Pass) or _is_docstring(each) for each in node.body)
    return test


def _cases(decorator: ast.Call, test: Test) -> None:
    values = next((kw.value for kw in decorator.keywords if kw.arg == "argvalues"), None)
    if values is None and len(decorator.args) > 1:
        values = decorator.args[1]
    if isinstance(values, ast.List | ast.Tuple | ast.Set):
        for element in values.elts:
            test.cases[text(element)] = element.lineno
            if isinstance(element, ast.Call) and any(_skips(kw.value) for kw in element.keywords if kw.arg == "marks"):
                test.skips.append((text(element), element.lineno))


class _Body:
    """Walks the statements of one function and notes what they claim."""

    def __init__(self, test: Test) -> None:
        self._test = test
        self._conditional = 0
        self._swallowed = 0

    def statements(self, body: list[ast.stmt]) -> None:
        for node in body:
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assert():
                for claim in claims_of(node.test):
                    self._note(claim, node.lineno)
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
                self._call(call)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.If() | ast.While():
                self._under(node.body, not _surely_true(node.test))
                self._under(node.orelse, conditional=True)
            case ast.For() | ast.AsyncFor():
                self._under(node.body, conditional=False)
                self._under(node.orelse, conditional=False)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._under(node.body, conditional=False)
            case ast.Match():
                for case in node.cases:
                    self._under(case.body, conditional=True)
            case ast.Raise(exc=exc) if exc is not None and "SkipTest" in text(exc):
                self._test.skips.append((text(exc), node.lineno))
            case _:
                return

    def _under(self, body: list[ast.stmt], conditional: bool) -> None:
        self._conditional += conditional
        self.statements(body)
        self._conditional -= conditional

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        swallowing = 0
        for entry in node.items:
            call = entry.context_expr
            if not isinstance(call, ast.Call):
                continue
            name = text(call.func)
            if name.endswith("suppress") and any(text(each) in _SWALLOWING for each in call.args):
                swallowing += 1
            elif ".patch" in f".{name}":
                self._test.mocks[text(call)] = call.lineno
            else:
                self._call(call, node.body)
        self._swallowed += swallowing
        self.statements(node.body)
        self._swallowed -= swallowing

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        swallows = any(
            (text(handler.type) if handler.type else "") in _SWALLOWING and not _raises(handler.body)
            for handler in node.handlers
        )
        self._swallowed += swallows
        self.statements(node.body)
        self._swallowed -= swallows
        for handler in node.handlers:
            self._under(handler.body, conditional=True)
        self._under(node.orelse, conditional=False)
        self._under(node.finalbody, conditional=False)

    def _call(self, call: ast.Call, body: list[ast.stmt] | None = None) -> None:
        name = text(call.func)
        last = name.rpartition(".")[2]
        if last in ("raises", "warns", "assertRaises", "assertWarns", "assertRaisesRegex", "assertWarnsRegex"):
            self._note(_expected_exception(call, last, body), call.lineno)
        elif last in _UNITTEST and name.startswith(("self.", "cls.")):
            for claim in _unittest_claims(call, last):
                self._note(claim, call.lineno)
        elif last.startswith("assert"):
            arguments = ", ".join(text(each) for each in (*call.args, *(kw.value for kw in call.keywords)))
            relation = "calls" if last in _MOCK else "true"
            self._note(
                Claim(relation, name if relation == "true" else name.rpartition(".")[0], arguments, 0), call.lineno
            )
        elif name in ("pytest.skip", "pytest.xfail", "self.skipTest", "skip", "xfail"):
            self._test.skips.append((text(call), call.lineno))

    def _note(self, claim: Claim, line: int) -> None:
        self._test.claims.append(
            Claim(
                *claim.core[:3], line, *claim.core[3:], conditional=self._conditional > 0, swallowed=self._swallowed > 0
            )
        )


def claims_of(test: ast.expr) -> Iterator[Claim]:
    """What an asserted expression claims; `and` claims several things."""
    if _is_vacuous(test):
        yield Claim(VACUOUS, text(test), "", 0)
        return
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from claims_of(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Claim("false", text(operand), "", 0)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            yield _comparison(left, _OPERATORS[type(operator)], right)
        case ast.Call(func=ast.Name(id="isinstance"), args=[subject, kind]):
            yield Claim("isinstance", text(subject), text(kind), 0)
        case _:
            yield Claim("true", text(test), "", 0)


def _comparison(left: ast.expr, relation: str, right: ast.expr) -> Claim:
    if relation in ("==", "!=", "is") and _is_value(left) and not _is_value(right):
        left, right = right, left
    if relation in ("in", "not in") and _is_value(left):
        return Claim("holds" if relation == "in" else "lacks", text(right), text(left), 0)  # it is about the container
    if relation == "==" and isinstance(right, ast.Call) and text(right.func).endswith("approx"):
        expected = text(right.args[0]) if right.args else ""
        return Claim("~=", text(left), expected, 0, _tolerance(right))
    return Claim(relation, text(left), text(right), 0)


def _unittest_claims(call: ast.Call, name: str) -> Iterator[Claim]:
    relation, arguments = _UNITTEST[name], call.args
    if relation == "true" and arguments:
        yield from claims_of(arguments[0])
    elif relation == "false" and arguments:
        yield Claim("false", text(arguments[0]), "", 0)
    elif len(arguments) >= 2 and relation == "~=":
        yield Claim("~=", text(arguments[0]), text(arguments[1]), 0, _tolerance(call))
    elif len(arguments) >= 2:
        yield _comparison(arguments[0], relation, arguments[1])


def _tolerance(call: ast.Call) -> float:
    """What `rel`, `abs`, `delta` or `places` allow, added up; the default of each family when none is given."""
    given = {kw.arg: kw.value for kw in call.keywords}
    total = 0.0
    for name in ("rel", "abs", "delta", "places"):
        value = given.get(name)
        if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
            number = float(value.value)
            total += 10.0 ** -min(max(number, -300.0), 300.0) if name == "places" else number
        elif value is not None:
            return 0.0
    return total or 1e-6


def _expected_exception(call: ast.Call, name: str, body: list[ast.stmt] | None) -> Claim:
    kind = text(call.args[0]) if call.args else ""
    match = next((text(kw.value) for kw in call.keywords if kw.arg == "match"), "")
    if name.endswith("Regex") and len(call.args) > 1:
        match = text(call.args[1])
    subject = "; ".join(text(each) for each in body) if body else ", ".join(text(each) for each in call.args[1:])
    return Claim("warns" if "arn" in name else "raises", subject, kind, 0, 0.0, match)


def _skips(node: ast.expr) -> bool:
    named = text(node.func if isinstance(node, ast.Call) else node)
    last = named.rpartition(".")[2]
    if isinstance(node, ast.List | ast.Tuple):
        return any(_skips(each) for each in node.elts)
    return last in ("skip", "skipif", "xfail", "skipIf", "skipUnless", "expectedFailure")


def _is_skipping_mark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(text(t) == "pytestmark" for t in node.targets) and _skips(node.value)


def _is_value(node: ast.expr) -> bool:
    """Whether an expression is written-down data: constants, and containers and signs of them."""
    return all(
        isinstance(
            each, ast.Constant | ast.List | ast.Tuple | ast.Set | ast.Dict | ast.UnaryOp | ast.unaryop | ast.Load
        )
        for each in ast.walk(node)
    )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _surely_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


def _raises(body: list[ast.stmt]) -> bool:
    nodes = [each for node in body for each in ast.walk(node)]
    fails = any(isinstance(each, ast.Call) and text(each.func).endswith("fail") for each in nodes)
    return fails or any(isinstance(each, ast.Raise) for each in nodes)


def _is_vacuous(node: ast.expr) -> bool:
    """Whether an asserted expression can only be true."""
    match node:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple(elts=elements):
            return bool(elements)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(_is_vacuous(value) for value in values)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.LtE() | ast.GtE()], comparators=[right]):
            return text(left) == text(right) and not any(isinstance(each, ast.Call) for each in ast.walk(left))
        case _:
            return False


def text(node: ast.AST) -> str:
    """The canonical text of a syntax tree."""
    return ast.unparse(node)
