"""The lint finds the known smells, and stays silent on good prose."""

from __future__ import annotations

from pathlib import Path

import pytest

from podium.spec.model import LintFinding
from podium.spec.parse import parse_spec
from podium.spec.rule_book import RULES
from podium.spec.rules import lint

FRAME = """---
title: Shop
owner: Ada
risk: low
scope: [src/**]
---

## Intent

The shop needs it.

## Behaviour

- B1: {}

## Edge cases

- E1: An empty value is answered with status 400.

## Out of scope

Nothing.
"""
SMELLS = [
    ("vague-word", "The search page loads fast."),
    ("vague-word", "The importer handles invalid rows."),
    ("vague-word", "The form reports errors in a user-friendly way."),
    ("vague-word", "The installer works properly on `Windows`."),
    ("vague-word", "The parser rejects several formats."),
    ("vague-word", "The client usually retries failed uploads."),
    ("vague-word", "The CLI prints a clear error message."),
    ("vague-word", "The service shuts down gracefully."),
    ("vague-word", "The API returns an appropriate status code."),
    ("vague-word", "The queue accepts large messages."),
    ("vague-word", "The dialog has an intuitive layout."),
    ("vague-word", "The worker picks up jobs immediately."),
    ("vague-word", "The cache uses a reasonable amount of memory."),
    ("vague-word", "The exporter behaves as expected with `--all`."),
    ("vague-word", "The server must be robust against broken clients."),
    ("vague-word", "The editor saves the document periodically."),
    ("vague-word", "The build uses significantly less memory."),
    ("vague-word", "The new design looks good on phones."),
    ("comparative", "The new index makes searches faster."),
    ("comparative", "The job reduces the memory usage of the importer."),
    ("comparative", "The page gives a better overview of open orders."),
    ("comparative", "The driver improves the throughput."),
    ("comparative", "Start-up is quicker than before."),
    ("comparative", "The report is more readable."),
    ("approximate", "The lock expires after about 30 seconds."),
    ("approximate", "The cache holds roughly 1000 entries."),
    ("compound", "The service validates the token, updates the session and sends a mail."),
    ("compound", "The server must reject the request and the client must show a warning."),
    ("compound", "The job deletes old rows and also archives the log."),
    ("compound", "The form checks the amount, creates the order, and notifies the warehouse."),
    ("compound", "The job runs daily. It copies rows. It mails Bob. It logs the count. It stops at noon."),
    ("and-or", "An admin and/or an owner may delete the project."),
    ("escape", "The page lists name, size, date, etc."),
    ("escape", "If possible, the client reuses the connection."),
    ("escape", "The agent restarts the container as needed."),
    ("escape", "The converter supports PNG, JPEG and so on."),
    ("escape", "The importer accepts CSV, including but not limited to RFC 4180 files."),
    ("escape", "The scheduler should try to start jobs in order."),
    ("escape", "Ideally the cache survives a restart."),
    ("escape", "The writer compresses blocks where appropriate."),
    ("unfinished", "The limit is TBD requests per minute."),
    ("unfinished", "The retention time is to be defined."),
    ("unfinished", "The token lives for ??? minutes."),
    ("unfinished", "Does the server accept an empty name?"),
    ("missing-actor", "Passwords must be encrypted before storage."),
    ("missing-actor", "All changes must be logged."),
    ("missing-actor", "The customer is notified."),
    ("missing-actor", "Validate the input."),
    ("missing-actor", "Ensure data integrity."),
    ("pronoun", "It returns the number of rows."),
    ("pronoun", "They must have the same length."),
    ("pronoun", "This must hold for all clients."),
    ("unverifiable", "The system supports Unicode."),
    ("unverifiable", "Users can manage their data."),
    ("unverifiable", "Security matters."),
    ("unverifiable", "The interface is consistent with the rest of the product."),
    ("unverifiable", "The code follows our conventions."),
]
HARMLESS = [
    "The branch is moved with a fast-forward only.",
    "A list of at most 50 entries is shown on each page.",
    "The counter is thread-safe: 100 threads that add 1 each leave it at 100.",
    "The answer is `429 Too Many Requests`.",
    'The button reads "Quick, easy and simple".',
    "The most recent backup is listed first.",
    "As soon as the last worker ends, the pool closes its socket.",
    "A password longer than 72 bytes is refused.",
    "Names are compared in lower case.",
    "The upper and the lower bound belong to the range.",
    "The least significant bit of byte 3 is the parity.",
    "The cookie has the attributes `Secure` and `HttpOnly`.",
    "One or more `--tag` options may be given; an unknown tag is a usage error.",
    "The token is valid for 15 minutes.",
    "Nobody but the owner can delete a project.",
    "The server no longer sends the header `X-Powered-By`.",
    "After 3 failed logins the server locks the account for 10 minutes.",
    "The response to `GET /health` has status 200 and an empty body.",
    "A file above 10 MB is refused with status 413.",
    "The query takes at most 200 ms for 95 of 100 requests on 1,000,000 rows.",
    "`parse` raises `ValueError` for an empty string.",
    "The exporter writes one line for each order, oldest first.",
    "The library works on Python 3.11 and newer.",
    "A retry happens after 1, 2 and 4 seconds.",
    "The command exits 2 and prints the usage on stderr.",
    "When the disk is full, the writer keeps the old file and exits 1.",
    "A user without the role `admin` sees no delete button.",
    "Each order has exactly one invoice.",
    "The total is rounded half up to two decimals.",
    "Two requests at the same time get two different ids.",
    "The schema in `schema.sql` has an index on `orders.customer`.",
    "The job increases the counter `runs_total` by 1.",
    "The importer reads the file once, whatever its size.",
    "Text is sent as UTF-8 without a byte order mark.",
    "The picker offers red, green and blue.",
    "The migration can be run twice; the second run changes nothing.",
    "The limit applies to each key alone.",
    "A deleted project can be restored for 30 days.",
    "`sort` keeps the order of equal elements.",
    "The parser accepts dates from 1970-01-01 to 2099-12-31 and rejects all others.",
    "The link opens in the same tab.",
    "A comment longer than the limit is cut at the last whole word.",
    "The header shows the number of unread messages, and 99+ above 99.",
    "The page loads in at most 1.5 s on a 3G connection.",
    "The worker checks the queue every 5 seconds.",
    "The signature is verified by the gateway before the request reaches a service.",
    "An admin sets the price of a product; the shop shows it within 60 seconds.",
    "Short options can be combined: `-xvf` means `-x -v -f`.",
    "The client sends `If-None-Match` and the server answers 304 when nothing changed.",
    "Only files that git tracks are scanned.",
]
GOOD = sorted(Path(__file__).with_name("good").glob("*.md"))


def _lint(clause: str) -> tuple[LintFinding, ...]:
    return lint(parse_spec(FRAME.format(clause), "specs/shop.md"))


@pytest.mark.parametrize(("rule", "clause"), SMELLS)
def test_a_smell_is_found_where_it_is(rule: str, clause: str) -> None:
    found = [finding for finding in _lint(clause) if finding.rule == rule]
    assert found, [finding.rule for finding in _lint(clause)]
    assert {(finding.path, finding.line) for finding in found} == {("specs/shop.md", 14)}
    assert all(7 <= finding.column <= 7 + len(clause) for finding in found)
    assert all(finding.message and finding.instead and finding.severity == RULES[rule].severity for finding in found)


@pytest.mark.parametrize("clause", HARMLESS)
def test_good_prose_raises_no_alarm(clause: str) -> None:
    assert [(finding.rule, finding.message) for finding in _lint(clause)] == []


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_spec_raises_no_alarm(path: Path) -> None:
    spec = parse_spec(path.read_bytes(), path.name)
    assert len(spec.clauses) >= 8
    assert [(finding.line, finding.rule, finding.message) for finding in lint(spec)] == []


def test_there_are_good_specs_from_many_fields() -> None:
    assert len(GOOD) >= 8


def test_the_column_is_that_of_the_word() -> None:
    text = FRAME.format("The page loads\n  very fast.")
    (found,) = (finding for finding in lint(parse_spec(text, "shop.md")) if finding.rule == "vague-word")
    line = text.split("\n")[found.line - 1]
    assert line[found.column - 1 :].startswith("fast")


def test_code_and_quotes_are_never_looked_at() -> None:
    assert _lint('The log line is `TODO: make it fast, etc.` or "maybe later".') == ()


def test_a_bound_excuses_a_word_about_speed_or_size() -> None:
    assert _lint("The page loads fast: within 200 ms.") == ()


def test_the_words_of_a_smell_are_quoted() -> None:
    (found,) = (finding for finding in _lint("The page lists name, size, etc.") if finding.rule == "escape")
    assert '"etc."' in found.message
