"""Texts and lists as TOML writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence


def toml_text(text: str) -> str:
    """One TOML string on one line. What TOML cannot hold (lone surrogates) becomes a question mark."""
    # A JSON string is a TOML string, but for DEL.
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_texts(texts: Sequence[str]) -> str:
    """A list of TOML strings: on one line if it fits, else one to a line."""
    inline = ", ".join(toml_text(text) for text in texts)
    if len(inline) <= 90:
        return f"[{inline}]"
    return "[\n" + "".join(f"  {toml_text(text)},\n" for text in texts) + "]"
