"""Pages: the templates, and what every page is given.

All text in a page may have been written by an agent. Jinja escapes it, and before that every value loses what hides or
acts: control, direction and zero-width characters become visible codes, whatever the template does. Only what is marked
`exact` (the text in an editor, which must come back as it is) is just escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from podium import __version__
from podium.api.seat import seat_of
from podium.kernel.clock import moment
from podium.kernel.errors import PodiumError
from podium.render.safe_text import safe_lines
from podium.review.person import person, short_name
from podium.web.prose import prose

ERRANDS_AT = "podium.errands"
"""In a request's scope: how far the errands were before anything was read for the page."""
SEQ_AT = "podium.seq"
"""In a request's scope: the ledger's last record then. What a page says of later ones may be only half of it."""
THEME_COOKIE = "podium-theme"
PLACES = (
    ("attention", "/", "Attention", "g a"),
    ("board", "/board", "Board", "g b"),
    ("specs", "/specs", "Specs", "g s"),
    ("landing", "/landing", "Landing", "g l"),
    ("agents", "/agents", "Agents", "g t"),
    ("machine", "/machine", "Machine", "g m"),
    ("ledger", "/ledger", "Ledger", "g e"),
)
"""The places of the app: key, address, name, keys that lead there."""


def page(request: Request, template: str, *, place: str, title: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template; `place` is the part of the app that it belongs to, empty for none."""
    seat = seat_of(request)
    state = seat.desk.look(seat.project)
    shown = {
        "place": place,
        "places": PLACES,
        "title": title,
        "project": state.project,
        "who": _who(request),
        "theme": theme(request),
        "version": __version__,
        "seq": request.scope.get(SEQ_AT, state.seq),
        "errands_at": request.scope.get(ERRANDS_AT, 0),
    }
    return HTMLResponse(environment().get_template(template).render({**shown, **values}), status_code=status)


def bare_page(request: Request, template: str, *, status: int, **values: Any) -> HTMLResponse:
    """A page that says nothing of the project: for whom nobody has let in."""
    text = environment().get_template(template).render({"theme": theme(request), "version": __version__, **values})
    return HTMLResponse(text, status_code=status)


def theme(request: Request) -> str:
    """The palette that this browser has chosen: light, dark, or empty for what the system says."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in ("light", "dark") else ""


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of Podium."""
    made = Environment(
        loader=PackageLoader("podium.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(_FILTERS)
    return made


def _visible(value: Any) -> Any:
    """A value as it is put into a page: text with nothing left that hides or acts."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(safe_lines(value))
    return value


def _exact(text: str) -> Markup:
    """Text that must stay as it is; escaped all the same."""
    return escape(text)


def _part(text: str) -> str:
    """A text as one part of an address."""
    return quote(text, safe="")


def _when(stamped: str) -> Markup:
    """A moment, which the browser shows in words and keeps up to date."""
    if not stamped:
        return Markup("")
    exact = moment(stamped).strftime("%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamped, exact, exact)


def _name(text: str) -> str:
    """A person's name without the address."""
    return short_name(text.removeprefix("person:"))


_FILTERS: Mapping[str, Any] = {"exact": _exact, "part": _part, "when": _when, "person": _name, "prose": prose}


def _who(request: Request) -> str:
    """Who acts here; empty when git does not know them."""
    try:
        return person(seat_of(request).actor())
    except PodiumError:
        return ""
