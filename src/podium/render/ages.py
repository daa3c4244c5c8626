"""Times in words."""

from __future__ import annotations


def span(seconds: float) -> str:
    """How long: `8 s`, `3 min`, `2 h 5 min`, `4 days`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"
