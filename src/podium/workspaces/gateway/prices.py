"""What a request costs: Podium's own price list (`prices.toml`, with date and source), after the project's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from podium.project.model import Price
from podium.workspaces.gateway.meter import Tokens

_LIST: Final = Path(__file__).with_name("prices.toml")
_DATED: Final = re.compile(r"(-latest|[-@]\d{8}|-\d{4}-\d{2}-\d{2}|-\d{2}-\d{2})$")


@cache
def listed() -> dict[str, Price]:
    """Podium's own list, by model."""
    found: dict[str, Price] = {}
    for each in _document()["list"].values():
        found |= msgspec.convert(each["models"], dict[str, Price])
    return found


def sources() -> list[tuple[str, str, str]]:
    """Of each part of the list: whose models, as of when, from where."""
    return [(name, str(each["as_of"]), str(each["source"])) for name, each in _document()["list"].items()]


def price_of(model: str, own: Mapping[str, Price]) -> Price | None:
    """The price of a model; None when it is not known. `own` counts before the list."""
    name = model.rpartition("/")[2]
    for known in (own, listed()):
        for wanted in (model, name, _DATED.sub("", name)):
            if wanted in known:
                return known[wanted]
    return None


def cost(tokens: Tokens, price: Price) -> float | None:
    """US dollars for what one request used; None when its tokens are not known."""
    if tokens.input is None or tokens.output is None:
        return None
    long = bool(price.above) and tokens.input > price.above
    each, out = (price.input_above, price.output_above) if long else (price.input, price.output)
    read = (price.cached_above if long else price.cached) if price.cached is not None else each
    write = price.cache_write if price.cache_write is not None else price.input
    if long and price.input:
        write *= price.input_above / price.input
    cached, written = tokens.cached or 0, tokens.cache_write or 0
    plain = max(0, tokens.input - cached - written)
    return (plain * each + cached * (each if read is None else read) + written * write + tokens.output * out) / 1e6


def _document() -> dict[str, Any]:
    return tomllib.loads(_LIST.read_text(encoding="utf-8"))
