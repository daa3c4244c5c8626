"""What the review page asks for while it is read: rows, their index, lines around a hunk, search, pictures."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from podium.api.acts import json_answer
from podium.api.seat import seat_of
from podium.git.objects import TooLargeError
from podium.kernel.errors import ConflictError, NotFoundError, UsageError
from podium.render.hunk_html import Drawing
from podium.render.line_html import line_html
from podium.render.notebook import NOTEBOOK, cell_lines, compared
from podium.render.sheet import Entry, Placement, Sheet, View, pairs
from podium.review.pace import changed_lines, least_seconds
from podium.runs.model import FileChange, Hunk, Run
from podium.web.review_room import Order, Reading, Room, room_of

BLOCK = 300
"""Rows of one block."""

_MOST_ROWS = 1200
_MOST_FOUND = 500
_MOST_CONTEXT = 400
_CONTEXT_FILE = 4_000_000  # bytes
_PICTURES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
}
_LARGEST_PICTURE = 8_000_000
_PICTURE_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def asked(request: Request) -> tuple[Room, Reading]:
    """The candidate that a request names by run and round. Raises NotFoundError for none of this task."""
    seat = seat_of(request)
    room = room_of(seat)
    name, number = request.query_params.get("run", ""), number_of(request, "round")
    with seat.desk.reading(seat.project) as state:
        run: Run | None = state.runs.by_id.get(name)
    path = request.path_params
    if run is None or (run.spec, run.task) != (path["spec"], path["task"]):
        raise NotFoundError("there is no such run of this task", where=f"{path['spec']}/{path['task']}")
    return room, room.reading(run, number)


def number_of(request: Request, name: str, default: int = 0) -> int:
    """A whole number of the query that is not negative. Raises UsageError for anything else."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise UsageError(f"{name} must be a number", where=str(request.url.path))
    return int(text)


def order_of(request: Request) -> Order:
    """The order that is wanted."""
    wanted = request.query_params.get("order", "risk")
    return wanted if wanted in ("risk", "path", "tests") else "risk"


def view_of(request: Request) -> View:
    """The view that is wanted."""
    return "split" if request.query_params.get("view") == "split" else "unified"


def drawing(room: Room, reading: Reading, sheet: Sheet) -> Drawing:
    """What draws the rows of a sheet."""
    run = reading.run
    at = f"/review/{quote(run.spec, safe='')}/{quote(run.task, safe='')}/picture"

    def picture_at(change: FileChange, side: str) -> str:
        path, mode = (change.old_path, change.old_mode) if side == "old" else (change.path, change.new_mode)
        if not picture_kind(path) or not mode.startswith("100"):
            return ""
        asked = {"run": run.id, "round": str(reading.round), "hunk": change.hunks[0].id, "side": side}
        return f"{at}?{urlencode(asked)}"

    return Drawing(
        sheet,
        marks=reading.marks,
        colours=room.colours_of,
        moves=reading.sheaf.moves,
        picture=picture_at,
        file_badge=_file_badge,
        blind=reading.sheaf.blind,
    )


def _file_badge(change: FileChange) -> str:
    if not change.path.endswith(NOTEBOOK):
        return ""
    return '<button type="button" class="notebook" aria-expanded="false">Cells side by side</button>'


def rows(request: Request) -> Response:
    """A block of rows. The header `podium-plain` says that some colours are still being made."""
    room, reading = asked(request)
    _still(request, room, reading)
    sheet = room.sheet(reading, order_of(request), view_of(request))
    start = number_of(request, "from")
    end = min(number_of(request, "to", start + BLOCK), start + _MOST_ROWS)
    coloured = room.colour(sheet, start, end)
    html = drawing(room, reading, sheet).rows(start, end)
    return HTMLResponse(html, headers={} if coloured else {"podium-plain": "1"})


def ready(request: Request) -> Response:
    """Whether the whole page can be had."""
    room, reading = asked(request)
    return json_answer({"ready": room.is_ready(reading)})


def unfolded(request: Request) -> Response:
    """The lines of a folded hunk: whoever doubts the proof reads them."""
    room, reading = asked(request)
    _, hunk = hunk_of(request, reading)
    sheet = room.whole(reading, hunk.id, view_of(request))
    room.colour(sheet, 0, sheet.rows)
    return HTMLResponse(drawing(room, reading, sheet).rows(2, min(sheet.rows, _MOST_ROWS)))


def index(request: Request) -> Response:
    """Where each hunk stands, and what the page needs to know of it."""
    room, reading = asked(request)
    return json_answer(index_of(room, reading, order_of(request), view_of(request)))


def index_of(room: Room, reading: Reading, order: Order, view: View) -> dict[str, Any]:
    """The index of a sheet: hunks as [id, first row, rows, changed lines, least seconds, mark, file, folded]."""
    sheet = room.sheet(reading, order, view)
    files: dict[str, int] = {}
    hunks: list[list[Any]] = []
    for place in sheet.places:
        hunk = place.entry.hunk
        file = files.setdefault(place.entry.change.path, len(files))
        mark = reading.marks.get(hunk.id, "unseen")
        numbers = [place.start, place.end - place.start, changed_lines(hunk), least_seconds(hunk)]
        hunks.append([hunk.id, *numbers, mark, file, int(hunk.id in sheet.folded)])
    return {"rows": sheet.rows, "key": room.key(reading), "hunks": hunks, "files": list(files)}


def context(request: Request) -> Response:
    """Unchanged lines around a hunk: `way` up or down, `shown` of them are there already, `count` more are wanted."""
    room, reading = asked(request)
    change, hunk = hunk_of(request, reading)
    up = request.query_params.get("way") != "down"
    shown, count = number_of(request, "shown"), min(number_of(request, "count", 20), _MOST_CONTEXT)
    lines = _lines(room, change)
    first, last = _gap(change, hunk, up, len(lines))
    if up:
        last = max(first, last - shown)
        first = max(first, last - count)
    else:
        first = min(last, first + shown)
        last = min(last, first + count)
    shift = _shift(hunk, up)
    colours = room.colours_of(change.new_blob, change.path) or ()
    html = "".join(
        f'<div class="l x near" data-o="{number + 1 - shift}" data-n="{number + 1}"><code>'
        f"{line_html(lines[number], colours[number] if number < len(colours) else ())}</code></div>"
        for number in range(first, last)
    )
    low, high = _gap(change, hunk, up, len(lines))
    left = (first - low) if up else (high - last)
    return HTMLResponse(html, headers={"podium-left": str(max(0, left)), "podium-count": str(last - first)})


def _lines(room: Room, change: FileChange) -> list[str]:
    try:
        data = room.mirror.read_blob(change.new_blob, limit=_CONTEXT_FILE)
    except (NotFoundError, TooLargeError):
        return []
    text = data.decode("utf-8", "replace")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _gap(change: FileChange, hunk: Hunk, up: bool, total: int) -> tuple[int, int]:
    """The unchanged lines (from 0, half open) of the new file between a hunk and its neighbour."""
    at = change.hunks.index(hunk)
    if up:
        first = _end(change.hunks[at - 1]) if at else 0
        return min(first, total), min(max(first, hunk.new_start - 1), total)
    after = change.hunks[at + 1].new_start - 1 if at + 1 < len(change.hunks) else total
    return min(_end(hunk), total), min(max(after, _end(hunk)), total)


def _end(hunk: Hunk) -> int:
    """How many lines of the new file lie before the end of a hunk."""
    return max((line.new for line in hunk.lines), default=max(0, hunk.new_start))


def _shift(hunk: Hunk, up: bool) -> int:
    """New number minus old number of the unchanged lines before, or after, a hunk."""
    if up:
        return hunk.new_start - hunk.old_start
    return _end(hunk) - max((line.old for line in hunk.lines), default=hunk.old_start)


def find(request: Request) -> Response:
    """Where a text occurs in the diff, in the page's order: [hunk, index of its line (-1: its file's name), row]."""
    room, reading = asked(request)
    text = request.query_params.get("q", "")[:200]
    if not text.strip():
        raise UsageError("there is nothing to look for", where="/")
    exact = text != text.lower()
    sheet = room.sheet(reading, order_of(request), view_of(request))
    found: list[tuple[str, int, int]] = []
    for place in sheet.places:
        hunk = place.entry.hunk
        if _has(place.entry.change.path, text, exact):
            found.append((hunk.id, -1, place.start))
        if hunk.id in sheet.folded:
            continue
        hits = [index for index, line in enumerate(hunk.lines) if _has(line.text, text, exact)]
        found.extend((hunk.id, index, row) for index, row in zip(hits, _rows_of(sheet, place, hits), strict=True))
        if len(found) > _MOST_FOUND:
            break
    return json_answer({"found": found[:_MOST_FOUND], "more": len(found) > _MOST_FOUND})


def _rows_of(sheet: Sheet, place: Placement, indices: list[int]) -> list[int]:
    """The rows of the sheet on which lines of a hunk stand."""
    first = place.start + place.head
    if not indices or sheet.view == "unified":
        return [first + index for index in indices]
    at = {index: row for row, pair in enumerate(pairs(place.entry.hunk.lines)) for index in pair}
    return [first + at[index] for index in indices]


def _has(text: str, wanted: str, exact: bool) -> bool:
    return wanted in (text if exact else text.lower())


def picture(request: Request) -> Response:
    """The old or the new side of a picture: shown by an `img` element alone, where nothing in it can run."""
    room, reading = asked(request)
    change, _ = hunk_of(request, reading)
    old = request.query_params.get("side") == "old"
    path, blob, mode = (
        (change.old_path, change.old_blob, change.old_mode) if old else (change.path, change.new_blob, change.new_mode)
    )
    kind = picture_kind(path)
    if not kind or not mode.startswith("100"):
        raise NotFoundError("this is no picture", where=path)
    try:
        data = room.mirror.read_blob(blob, limit=_LARGEST_PICTURE)
    except TooLargeError as error:
        raise UsageError("this picture is too large to be shown", where=path) from error
    headers = {"content-security-policy": _PICTURE_CSP, "content-disposition": "inline", "cache-control": "no-store"}
    return Response(data, media_type=kind, headers=headers)


def notebook(request: Request) -> Response:
    """The sources of a notebook's cells, side by side."""
    room, reading = asked(request)
    change, _ = hunk_of(request, reading)
    sides: list[list[str]] = []
    for blob, mode in ((change.old_blob, change.old_mode), (change.new_blob, change.new_mode)):
        data = b""
        if mode.startswith("100"):
            try:
                data = room.mirror.read_blob(blob, limit=_CONTEXT_FILE)
            except TooLargeError as error:
                raise UsageError("this notebook is too large to be taken apart", where=change.path) from error
        sides.append(cell_lines(data))
    made = compared(change, *sides)
    sheet = Sheet([Entry(made, made.hunks[0])], "split")
    drawn = Drawing(sheet, marks={}, colours=lambda _, __: None, moves={})
    return HTMLResponse(drawn.rows(2, min(sheet.rows, _MOST_ROWS)))


def picture_kind(path: str) -> str:
    """The media type of a picture, by its name; empty for anything else."""
    return _PICTURES.get(path.rpartition(".")[2].lower(), "") if "." in path else ""


def hunk_of(request: Request, reading: Reading) -> tuple[FileChange, Hunk]:
    """The hunk that a request names. Raises NotFoundError for none of this candidate."""
    found = reading.sheaf.where.get(request.query_params.get("hunk", ""))
    if found is None:
        raise NotFoundError("this candidate has no such hunk", where=reading.name, do="Load the page again.")
    return found


def _still(request: Request, room: Room, reading: Reading) -> None:
    """Rows are asked for by number: when the order has changed, the numbers of the page mean other rows."""
    known = request.query_params.get("key", "")
    if known and known != room.key(reading):
        raise ConflictError("the order of the hunks has changed", do="Load the page again.")


_AT = "/review/{spec}/{task}"
ROUTES = [
    Route(f"{_AT}/rows", rows),
    Route(f"{_AT}/index", index),
    Route(f"{_AT}/ready", ready),
    Route(f"{_AT}/unfolded", unfolded),
    Route(f"{_AT}/context", context),
    Route(f"{_AT}/find", find),
    Route(f"{_AT}/picture", picture),
    Route(f"{_AT}/notebook", notebook),
]
