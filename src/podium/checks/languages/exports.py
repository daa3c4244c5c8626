"""What a file of JavaScript, TypeScript, Go or Rust offers to others, with its signatures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from podium.checks.languages.syntax import line_of, parse, walk, words
from podium.evidence.grammar import family_of

if TYPE_CHECKING:
    from tree_sitter import Node

_LONGEST = 20_000  # of a signature that is compared
_SHOWN = 160  # of one that is shown
_AROUND = 60  # before the first difference of two that are longer


@dataclass(frozen=True)
class Export:
    """One name that others can use."""

    name: str
    signature: str  # without its body
    line: int
    parameters: tuple[str, ...] | None = None  # None = no function
    required: int = 0  # of the parameters, counted from the first
    rest: str = ""  # what follows the parameters, such as what it returns
    open_ended: bool = False  # takes as many arguments as it is given


def exports(path: str, source: bytes, *, inner: bool = False) -> dict[str, Export]:
    """All that a file offers, by name; `inner`: to its own package or crate as well. Raises UnreadableError."""
    if not source.strip():
        return {}
    root = parse(path, source)
    match family_of(path):
        case "js":
            found = _js(root)
        case "go":
            found = _go(root, inner)
        case _:
            found = _rust(root, "", inner)
    return {each.name: each for each in found}


def breaks(old: Export, new: Export) -> str:
    """Why a use of the old one may not fit the new one; empty when every use does."""
    if old.signature == new.signature:
        return ""
    if old.parameters is None or new.parameters is None:
        return _apart(old.signature, new.signature)
    kept = new.parameters[: len(old.parameters)]
    if new.required > old.required and new.required > len(old.parameters):
        return f"needs another argument: `{_cut(new.signature)}`"
    if kept != old.parameters or new.required > old.required or old.rest != new.rest:
        return _apart(old.signature, new.signature)
    return ""


def _apart(old: str, new: str) -> str:
    """Both signatures in words; of long ones the part where they begin to differ."""
    if max(len(old), len(new)) > _SHOWN:
        pairs = enumerate(zip(old, new, strict=False))
        same = next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))
        if same > _AROUND:
            old, new = (f"… {each[same - _AROUND :]}" for each in (old, new))
    return f"was `{_cut(old)}`, is `{_cut(new)}`"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


# --- JavaScript and TypeScript ----------------------------------------------------------------------------------------


def _js(root: Node) -> Iterator[Export]:
    local = {each.name: each for node in root.named_children for each in _js_declared(node)}
    for node in root.named_children:
        if node.type == "export_statement":
            yield from _js_exported(node, local)
        elif node.type == "expression_statement":
            yield from _commonjs(node, local)


def _js_exported(node: Node, local: dict[str, Export]) -> Iterator[Export]:
    declaration = node.child_by_field_name("declaration")
    default = any(each.type == "default" for each in node.children)
    if declaration is not None:
        found = list(_js_declared(declaration))
        for each in found:
            head = each.name.partition(".")
            name = f"default{head[1]}{head[2]}" if default else each.name
            yield replace(each, name=name)
        if found:
            return
    if default:
        value = node.child_by_field_name("value")
        known = local.get(words(value))
        yield _named("default", value, node, known)
    for clause in (each for each in node.named_children if each.type == "export_clause"):
        for each in clause.named_children:
            name, alias = words(each.child_by_field_name("name")), words(each.child_by_field_name("alias"))
            yield _named(alias or name, None, each, local.get(name))
    source = node.child_by_field_name("source")
    if source is not None and any(each.type == "*" for each in node.children):
        yield Export(f"* from {words(source)}", words(node), line_of(node))


def _named(name: str, value: Node | None, place: Node, known: Export | None) -> Export:
    if known is not None:
        return replace(known, name=name)
    if value is not None and value.child_by_field_name("parameters") is not None:
        return _function(name, value, place)
    return Export(name, name, line_of(place))


def _commonjs(node: Node, local: dict[str, Export]) -> Iterator[Export]:
    """`module.exports = ...`, `exports.name = ...`."""
    assignment = node.named_children[0] if node.named_children else None
    if assignment is None or assignment.type != "assignment_expression":
        return
    left, right = words(assignment.child_by_field_name("left")), assignment.child_by_field_name("right")
    if left.startswith(("exports.", "module.exports.")):
        yield _named(left.rpartition(".")[2], right, node, local.get(words(right)))
    elif left == "module.exports" and right is not None and right.type == "object":
        for each in right.named_children:
            if each.type == "shorthand_property_identifier":
                yield _named(words(each), None, each, local.get(words(each)))
            elif each.type == "pair":
                value = each.child_by_field_name("value")
                yield _named(words(each.child_by_field_name("key")).strip("\"'"), value, each, local.get(words(value)))
            elif each.type == "method_definition":
                yield _function(words(each.child_by_field_name("name")), each, each)
    elif left == "module.exports":
        yield _named("default", right, node, local.get(words(right)))


def _js_declared(node: Node) -> Iterator[Export]:
    name = words(node.child_by_field_name("name"))
    match node.type:
        case "function_declaration" | "generator_function_declaration" | "function_signature":
            yield _function(name, node, node)
        case "class_declaration" | "abstract_class_declaration":
            yield Export(name, _before_body(node), line_of(node))
            body = node.child_by_field_name("body")
            for each in body.named_children if body is not None else ():
                member = words(each.child_by_field_name("name"))
                private = member.startswith(("#", "_")) or "private" in words(each)[:20]
                if each.type in ("method_definition", "method_signature") and not private:
                    yield _function(f"{name}.{member}", each, each)
        case "interface_declaration" | "type_alias_declaration" | "enum_declaration":
            yield Export(name, words(node)[:_LONGEST], line_of(node))
        case "lexical_declaration" | "variable_declaration":
            for each in node.named_children:
                own, value = words(each.child_by_field_name("name")), each.child_by_field_name("value")
                if value is not None and value.type in ("arrow_function", "function_expression"):
                    yield _function(own, value, each)
                elif own:
                    kind = words(each.child_by_field_name("type"))
                    yield Export(own, f"{own}{kind}"[:_LONGEST], line_of(each))
        case _:
            return


def _function(name: str, node: Node, place: Node) -> Export:
    listed = node.child_by_field_name("parameters")
    given = [
        each
        for each in (listed.named_children if listed is not None else ())
        if "comment" not in each.type and not _is_this(each)
    ]
    parameters = tuple(_parameter(each) for each in given)
    optional = [_is_optional(each) for each in given]
    required = next((n for n, free in enumerate(optional) if free), len(optional))
    returns = words(node.child_by_field_name("return_type") or node.child_by_field_name("result"))
    generic = words(node.child_by_field_name("type_parameters"))
    signature = f"{name.rpartition('.')[2]}{generic}({', '.join(words(each) for each in given)}){returns}"
    # A lone name before an arrow has no list.
    lone = node.child_by_field_name("parameter")
    more = lone is not None or any(_is_rest(each) for each in given) or b"arguments" in (node.text or b"")
    return Export(name, signature[:_LONGEST], line_of(place), parameters, required, generic + returns, more)


def _is_this(node: Node) -> bool:
    """Whether a parameter only says what `this` is, which no call passes."""
    pattern = node.child_by_field_name("pattern")
    return pattern is not None and pattern.type == "this"


def _is_rest(node: Node) -> bool:
    return node.type == "rest_pattern" or any(each.type == "rest_pattern" for each in node.named_children)


def _parameter(node: Node) -> str:
    """A parameter without its default; in JavaScript a name is nobody's business but a destructured one's."""
    if node.type in ("identifier", "assignment_pattern"):
        inner = node.child_by_field_name("left") if node.type == "assignment_pattern" else node
        return "name" if inner is None or inner.type == "identifier" else words(inner)
    kind = node.child_by_field_name("type")
    return words(kind) if kind is not None else words(node)


def _is_optional(node: Node) -> bool:
    return (
        node.type in ("assignment_pattern", "optional_parameter", "variadic_parameter_declaration")
        or node.child_by_field_name("value") is not None
        or _is_rest(node)
    )


def _before_body(node: Node) -> str:
    body = node.child_by_field_name("body")
    text = words(node)
    inner = words(body)
    return (text.removesuffix(inner).rstrip() if inner else text)[:_LONGEST]


# --- Go ---------------------------------------------------------------------------------------------------------------


def _go(root: Node, inner: bool) -> Iterator[Export]:
    for node in root.named_children:
        match node.type:
            case "function_declaration" | "method_declaration":
                name = words(node.child_by_field_name("name"))
                receiver = _receiver(words(node.child_by_field_name("receiver")))
                if inner or (_capital(name) and (not receiver or _capital(receiver))):
                    yield _go_function(f"{receiver}.{name}" if receiver else name, node)
            case "type_declaration" | "const_declaration" | "var_declaration":
                yield from _go_specs(node)
            case _:
                pass


def _go_specs(node: Node) -> Iterator[Export]:
    for spec in walk(node, into=frozenset({"type_spec", "type_alias", "const_spec", "var_spec"})):
        if spec.type not in ("type_spec", "type_alias", "const_spec", "var_spec"):
            continue
        name, kind = words(spec.child_by_field_name("name")), spec.child_by_field_name("type")
        if not _capital(name):
            continue
        yield Export(name, f"{node.type[:4].rstrip('_')} {name}", line_of(spec))
        if kind is not None and kind.type in ("struct_type", "interface_type"):
            for field in walk(kind, into=frozenset({"field_declaration", "method_elem"})):
                member = words(field.child_by_field_name("name"))
                if field.type in ("field_declaration", "method_elem") and _capital(member):
                    yield Export(f"{name}.{member}", words(field)[:_LONGEST], line_of(field))


def _go_function(name: str, node: Node) -> Export:
    listed = node.child_by_field_name("parameters")
    kinds: list[str] = []
    for each in listed.named_children if listed is not None else ():
        names = list(each.children_by_field_name("name"))
        dots = "..." if each.type == "variadic_parameter_declaration" else ""
        kinds.extend([dots + words(each.child_by_field_name("type"))] * max(1, len(names)))
    result = words(node.child_by_field_name("result"))
    signature = f"func {name}{words(listed)} {result}".rstrip()
    more = any(kind.startswith("...") for kind in kinds)
    return Export(name, signature[:_LONGEST], line_of(node), tuple(kinds), len(kinds) + 1, result, more)


def _receiver(text: str) -> str:
    """The type of `(c *Cart[K, V])`."""
    return re.sub(r"[\[)].*", "", text.strip("(")).split(" ")[-1].lstrip("*")


def _capital(name: str) -> bool:
    return name[:1].isupper()


# --- Rust -------------------------------------------------------------------------------------------------------------

_RUST = ("function_item", "struct_item", "enum_item", "trait_item", "type_item", "const_item", "static_item",
         "mod_item", "union_item", "macro_definition", "function_signature_item")  # fmt: skip


def _rust(root: Node, prefix: str, inner: bool) -> Iterator[Export]:
    for node in root.named_children:
        public = inner or any(each.type == "visibility_modifier" and words(each) == "pub" for each in node.children)
        name, body = words(node.child_by_field_name("name")), node.child_by_field_name("body")
        if node.type == "impl_item" and body is not None and node.child_by_field_name("trait") is None:
            yield from _rust(
                body, f"{prefix}{words(node.child_by_field_name('type')).partition('<')[0].strip()}::", inner
            )
        elif public and node.type == "mod_item" and body is not None:
            yield from _rust(body, f"{prefix}{name}::", inner)
        elif public and node.type in _RUST:
            yield _rust_item(prefix + name, node)
            if node.type == "trait_item" and body is not None:
                members = (each for each in body.named_children if each.type in _RUST)
                yield from (_rust_item(f"{prefix}{name}::{words(m.child_by_field_name('name'))}", m) for m in members)


def _rust_item(name: str, node: Node) -> Export:
    if node.type in ("function_item", "function_signature_item"):
        listed = node.child_by_field_name("parameters")
        given = [each for each in (listed.named_children if listed is not None else ()) if "comment" not in each.type]
        kinds = tuple(words(each.child_by_field_name("type")) or words(each) for each in given)
        returns = words(node.child_by_field_name("return_type"))
        # What is shown holds the names of parameters; what is compared does not.
        head = _before_body(node)
        return Export(name, head, line_of(node), kinds, len(kinds) + 1, returns + head.partition("(")[0])
    if node.type in ("enum_item", "struct_item", "union_item"):
        body = node.child_by_field_name("body")
        members = [words(each) for each in (body.named_children if body is not None else ())]
        public = [each for each in members if node.type == "enum_item" or each.startswith("pub")]
        return Export(name, f"{_before_body(node)} {{ {', '.join(public)} }}"[:_LONGEST], line_of(node))
    return Export(name, _before_body(node) if node.type != "type_item" else words(node), line_of(node))
