"""All routes of the review pages."""

from __future__ import annotations

from podium.web import review_acts, review_asides, review_page, review_parts

ROUTES = [*review_page.ROUTES, *review_parts.ROUTES, *review_asides.ROUTES, *review_acts.ROUTES]
