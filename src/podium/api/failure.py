"""Errors as answers: what is wrong, where, and what to do."""

from __future__ import annotations

from starlette.responses import JSONResponse

from podium.kernel.errors import ConflictError, NotFoundError, PodiumError, UsageError
from podium.ledger.versions import RefusedError


def status_of(error: PodiumError) -> int:
    """The HTTP status of an error."""
    match error:
        case NotFoundError():
            return 404
        case UsageError():
            return 400
        case ConflictError():
            return 409
        case RefusedError():
            return 503
        case _:
            return 422


def as_json(error: PodiumError, status: int = 0) -> JSONResponse:
    """The error as the one JSON form that errors have."""
    body = {"error": {"what": error.what, "where": error.where, "do": error.do}}
    return JSONResponse(body, status_code=status or status_of(error))
