"""The page of articles: searched by words and bounds, the last stored first or the worst first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlencode

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from archive import CATALOG, NO_RULES, ArchiveError, Catalog, Listed, SearchFilter
from cleaners import Article
from scraper.bounds import confidence_from, day_from, host_from, language_from, rule_from
from scraper.web.parameters import parameters, read

PAGE = 50
NAMES = ("q", "site", "since", "until", "language", "access", "rule", "below", "order", "after")
ORDERS = ("newest", "worst")
ACCESS: tuple[str, ...] = get_args(get_type_hints(Article)["access"])


async def show(request: Request) -> Response:
    """Return the page of the articles that the parameters ask for."""
    asked = parameters(request, NAMES)
    order = asked.get("order", ORDERS[0])
    if order not in ORDERS:
        raise HTTPException(400, f"order={order}: give newest or worst.")
    if asked.get("access") not in (None, *ACCESS):
        raise HTTPException(400, f"access={asked['access']}: give {', '.join(ACCESS)}.")
    bounds = SearchFilter(
        read(host_from, asked, "site"),
        read(day_from, asked, "since"),
        read(day_from, asked, "until"),
        read(language_from, asked, "language"),
        asked.get("access"),
        read(rule_from, asked, "rule"),
        read(confidence_from, asked, "below"),
    )
    if bounds.since and bounds.until and bounds.since > bounds.until:
        raise HTTPException(400, f"The first day, {bounds.since}, is after the last, {bounds.until}.")
    rows, note = await to_thread.run_sync(_listed, request.app.state.data, asked, bounds, order == "worst")
    following = ""
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        following = urlencode(asked | {"after": rows[-1].article.record_id})
    first = urlencode({name: value for name, value in asked.items() if name != "after"})
    values: dict[str, Any] = {
        "asked": asked,
        "order": order,
        "rows": rows,
        "note": note,
        "accesses": ACCESS,
        "following": following,
        "first": first,
    }
    answer: Response = request.app.state.templates.TemplateResponse(request, "articles.html", values)
    return answer


def _listed(data: Path, asked: dict[str, str], bounds: SearchFilter, worst: bool) -> tuple[list[Listed], str]:
    """Return the articles, and why they cannot be found; that is empty where they can."""
    after = asked.get("after", "")
    with Catalog(data / CATALOG) as catalog:
        if bounds.rule is not None and not catalog.knows_rules:
            return [], f"The catalog was {NO_RULES}."
        if after and ((last := catalog.article(after)) is None or last.record_id != after):
            raise HTTPException(404, f"after={after}: no article has this key.")
        try:
            return catalog.listed(asked.get("q", ""), PAGE + 1, bounds, worst=worst, after=after), ""
        except ArchiveError as error:  # of words that mean nothing
            raise HTTPException(400 if "q" in asked else 500, str(error)) from None


routes = [Route("/articles", show)]
