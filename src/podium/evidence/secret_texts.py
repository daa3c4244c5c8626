"""Texts that look like credentials. Pure; what is found is never repeated whole."""

from __future__ import annotations

import math
import re
from collections import Counter

_KNOWN = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})\b")),
    ("a GitLab token", re.compile(r"\bglpat-[\w-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abposr]-[A-Za-z0-9-]{10,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("a Stripe key", re.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}\b")),
    ("a key of a model provider", re.compile(r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}")),
    ("a package registry token", re.compile(r"\b(?:pypi-AgEIcHlwaS5vcmc|npm_)[A-Za-z0-9_-]{30,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    (
        "a password in a URL",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"{}$<>]{1,60}:(?!\*)[^\s:/@'\"{}$<>]{3,60}@[\w.-]"),
    ),
)
_NAMED = re.compile(
    r"(?i)(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential)[\w-]{0,20}[\"']?\s*(?:=|:|=>)\s*"
    r"[\"']([^\"'\s]{8,200})[\"']"
)
_PLACEHOLDER = re.compile(
    r"(?i)example|changeme|dummy|placeholder|your[_-]|xxx|\*\*\*|test|sample|<|\$\{|\{\{|%\(|^env"
)
_LIMIT = 4000
_LEAST_ENTROPY = 3.2  # bits a character; words and paths have less


def secret_in(text: str) -> str:
    """What a line of text seems to give away, in words; empty when nothing."""
    line = text[:_LIMIT]
    for what, pattern in _KNOWN:
        found = pattern.search(line)
        if found and not _PLACEHOLDER.search(found[0]):
            return what
    named = _NAMED.search(line)
    if named and not _PLACEHOLDER.search(named[1]) and _entropy(named[1]) >= _LEAST_ENTROPY:
        return "a credential with its value"
    return ""


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
