"""What the supervisor has to say to each request for a model, and what it learns from the answer.

A request passes unless a budget is spent, the provider asked for patience, or it refuses the key. Then it waits, and
the agent's processes are frozen meanwhile: for the agent no time goes by, it loses no session, and it goes on where it
was. A request that waited so long that the agent's program may have given it up is answered with the provider's own
word for "try again", which every agent understands.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Protocol

from podium.agents.event import Event, Metered
from podium.kernel.clock import Clock, stamp
from podium.kernel.errors import PodiumError
from podium.supervisor.order import BudgetOrder, Order
from podium.workspaces.gateway import headers, kinds
from podium.workspaces.gateway.book import Book, Cap, Full
from podium.workspaces.gateway.credentials import NoKeyError, read
from podium.workspaces.gateway.gateway import Ask, Tap
from podium.workspaces.gateway.meter import Meter, Tokens
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.gateway.prices import cost, price_of
from podium.workspaces.gateway.refusal import Refusal

LEAST_EXPECTED: Final = 0.01  # US dollars: what a request is reserved with as long as none has been seen
HELD_SECONDS: Final = 20.0  # a request that waited longer is to be made again
LONGEST_WAIT: Final = 6 * 3600.0  # what a provider may ask for at once
SHORT_WAIT: Final = 5.0  # shorter ones are left to the agent
LOOK_SECONDS: Final = 1.0
_BUSY: Final = (429, 503, 529)


class Place(Protocol):
    """Where a round can be made to stand still: the stage."""

    def emit(self, event: Event) -> None:
        """Record what happened."""
        ...

    def hold(self, on: str, detail: str, resumes_at: str = "") -> None:
        """Stand still, and say why; again with other words while it stands."""
        ...

    def release(self, on: str) -> None:
        """Go on, if this was what it stood still for."""
        ...


class ModelKeeper:
    """The keeper of one round's gateway; used from one event loop."""

    def __init__(
        self, order: Order, gateway: GatewayOrder, secrets: Mapping[str, str], place: Place, clock: Clock
    ) -> None:
        self._order = gateway
        self._secrets = secrets
        self._place = place
        self.clock = clock
        self._budget = order.budget or BudgetOrder()
        self._book = _open(self._budget.book)
        self.expected = LEAST_EXPECTED
        self._until = 0.0  # the provider asked not to be asked before
        self._busy = 0  # how often in a row
        self._why = ""
        self._bad_key = ""  # what it was, hashed by Python: only to see that it changed
        self._unpriced = ""  # a model whose requests cannot be priced
        self._no_price = ""  # why not, in words
        self._guessed: set[str] = set()  # such models that a person lets go on all the same
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """A person says to go on: what a waiting request waits for may be mended."""
        if self._unpriced:
            self._guessed.add(self._unpriced)
        self._bad_key = self._unpriced = ""
        self._until = 0.0
        self._changed.set()

    def raise_cap(self, account: str, usd: float) -> None:
        """A person's word on a limit."""
        if self._book is not None:
            self._book.raise_cap(account, usd)
        self._unpriced = ""
        self._changed.set()

    def close(self) -> None:
        """Give the book back; idempotent."""
        if self._book is not None:
            self._book.close()
            self._book = None

    async def admit(self, ask: Ask) -> Tap | Refusal:
        """Let a request pass, when it may."""
        since = self._now()
        waited = False
        while True:
            self._changed.clear()
            on, detail, until = self._obstacle()
            if not on:
                try:
                    entered = self._enter(ask)
                except sqlite3.Error as error:
                    on, detail = "budget", f"the book of spending cannot be written: {error}"
                else:
                    if not isinstance(entered, Full):
                        break
                    on, detail = "budget", _full(entered)
            waited = True
            self._place.hold(on, detail, until)
            await self._a_while()
        for on in ("budget", "provider", "key") if waited else ():
            self._place.release(on)
        if waited and self._now() - since > HELD_SECONDS:
            self._settle(entered, 0.0)
            return self._try_again()
        return Exchange(self, ask, entered, self._order, self._now())

    async def denied(self) -> Refusal:
        """Wait until the key has changed, or a person says to go on."""
        while self._bad_key and self._bad_key == self._key():
            self._changed.clear()
            self._place.hold("key", self._why)
            await self._a_while()
        self._place.release("key")
        return self._try_again()

    def _obstacle(self) -> tuple[str, str, str]:
        """What a request has to wait for, in words, and until when; empty for nothing."""
        left = self._until - self._now()
        if left > 0:
            at = stamp(self.clock.now() + timedelta(seconds=left))
            return "provider", self._why, at
        if self._bad_key and self._bad_key == self._key():
            return "key", self._why, ""
        self._bad_key = ""
        if self._unpriced:
            return "budget", self._no_price, ""
        missing = self._missing_key()
        return ("key", missing, "") if missing else ("", "", "")

    def _missing_key(self) -> str:
        """Why there is no key now, in words; empty when there is one."""
        try:
            read(self._order.kind, self._order.key, self._secrets)
        except NoKeyError as error:
            return f"there is no key for {self._order.name}: {error}"
        return ""

    async def _a_while(self) -> None:
        left = self._until - self._now()
        try:
            async with asyncio.timeout(min(left, LOOK_SECONDS) if left > 0 else LOOK_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return

    def _try_again(self) -> Refusal:
        words = {
            "anthropic": (529, "overloaded_error"),
            "openai": (503, "server_error"),
            "gemini": (503, "unavailable"),
        }
        status, reason = words[self._order.kind]
        return Refusal(status=status, reason=reason, message="what this waited for is over: try again", retry_after=0)

    # --- money --------------------------------------------------------------------------------------------------------

    def _enter(self, ask: Ask) -> int | Full:
        if self._book is None or not kinds.is_billed(ask.path):
            return 0
        book, caps = self._book, self._caps()
        limited = [cap for cap in caps if cap.usd > 0 or book.is_set(cap.account)]
        return book.enter([cap.account for cap in caps], limited, self.expected, self._at())

    def _caps(self) -> list[Cap]:
        day = self.clock.now().astimezone().date().isoformat()
        return [
            Cap(scope=cap.scope, account=cap.account.replace("{day}", day), usd=cap.usd) for cap in self._budget.caps
        ]

    def _settle(self, number: int, usd: float | None, expected: float | None = None) -> None:
        if self._book is not None and number:
            with contextlib.suppress(sqlite3.Error):  # it stays open, and so counts with what was expected
                self._book.settle(number, usd, self.expected if expected is None else expected)

    # --- what answers tell --------------------------------------------------------------------------------------------

    def over(self, exchange: Exchange, metered: Metered) -> None:
        """An exchange has ended."""
        if metered.cost_usd is not None and metered.cost_usd > 0:
            usd: float | None = metered.cost_usd
        else:
            usd = 0.0 if metered.status != 200 or not metered.billed else metered.cost_usd
        self._settle(exchange.number, usd, exchange.expected)
        if usd:
            self.expected = max(LEAST_EXPECTED, usd)
        limited = any(cap.usd > 0 for cap in self._budget.caps)
        if limited and metered.billed and metered.status == 200 and metered.model and usd is None:
            self._cannot_price(metered)
        self._place.emit(metered)
        if metered.status == 0 and metered.error:
            self.note(0, None, metered.error)

    def _cannot_price(self, metered: Metered) -> None:
        model = metered.model
        if model in self._guessed:
            return
        self._unpriced = model
        why = f'no price is known for {model}, so no budget can hold: add [prices."{model}"]'
        if price_of(model, self._order.prices) is not None:
            why = f"{self._order.name} did not say how many tokens {model} used, so no budget can hold"
        self._no_price = why if metered.whole else f"{why} (its answer broke off)"

    def note(self, status: int, retry_after: float | None, error: str = "") -> None:
        """How the provider answers, or that it does not (status 0)."""
        who = self._order.name
        if status in _BUSY or not status:
            self._busy += 1
            self._why = error or f"{who} answers {status}"
            wait = retry_after if retry_after is not None else min(2.0**self._busy, 300.0)
            if wait > SHORT_WAIT:
                self._until = self._now() + min(wait, LONGEST_WAIT)
        elif status in (401, 403):
            self._bad_key = self._key()
            self._why = f"{who} refuses the key ({status}): {self._order.key.text}"
        else:
            self._busy = 0

    def _key(self) -> str:
        try:
            return "key " + "".join(read(self._order.kind, self._order.key, self._secrets).secrets)
        except NoKeyError as error:
            return str(error)

    def priced(self, tokens: Tokens, path: str) -> float | None:
        """What an answer's tokens cost."""
        price = price_of(tokens.model or kinds.model_in(path), self._order.prices)
        return cost(tokens, price) if price is not None else None

    def _at(self) -> str:
        return stamp(self.clock.now())

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


class Exchange:
    """The tap on one answer."""

    def __init__(self, keeper: ModelKeeper, ask: Ask, number: int, order: GatewayOrder, began: float) -> None:
        self.number = number
        self.expected = keeper.expected
        self._keeper, self._ask, self._order, self._began = keeper, ask, order, began
        self._meter = Meter(order.kind)
        self._status = 0

    def head(self, status: int, given: headers.Headers) -> None:
        """The answer begins."""
        self._status = status
        self._meter.head(headers.value_of(given, b"content-type"))
        told = _seconds(headers.value_of(given, b"retry-after"), self._keeper.clock)
        self._keeper.note(status, told)  # before the agent hears of it, and asks again

    def data(self, block: bytes) -> None:
        """Some of its body."""
        if self._status == 200:
            self._meter.data(block)

    def end(self, *, whole: bool, error: str = "") -> None:
        """It is over."""
        self._meter.end()
        tokens, billed = self._meter.tokens, kinds.is_billed(self._ask.path)
        metered = Metered(
            provider=self._order.name,
            path=self._ask.path,
            status=self._status,
            seconds=round(asyncio.get_running_loop().time() - self._began, 3),
            model=tokens.model or kinds.model_in(self._ask.path),
            input_tokens=tokens.input,
            cached_tokens=tokens.cached,
            cache_write_tokens=tokens.cache_write,
            output_tokens=tokens.output,
            reasoning_tokens=tokens.reasoning,
            cost_usd=self._keeper.priced(tokens, self._ask.path) if billed and self._status == 200 else 0.0,
            billed=billed,
            whole=whole,
            error=error,
        )
        self._keeper.over(self, metered)


def _seconds(told: str, clock: Clock) -> float | None:
    """The seconds of a Retry-After, which may be a date; None when it is neither."""
    if re.fullmatch(r"\d{1,7}(\.\d{1,6})?", told):
        return float(told)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, (parsedate_to_datetime(told) - clock.now()).total_seconds())
    return None


def _open(path: str) -> Book | None:
    """The book; None where nothing is entered. Raises PodiumError when it cannot be read."""
    try:
        return Book(Path(path)) if path else None
    except (sqlite3.Error, OSError) as error:
        raise PodiumError(f"the book of spending cannot be read: {error}", where=path) from error


def _full(full: Full) -> str:
    return f"the budget of the {full.cap.scope} is spent: ${full.spent:.2f} of ${full.cap.usd:.2f}"
