"""Stub: replaced by the pages of article."""

from __future__ import annotations

from starlette.routing import Route

routes: list[Route] = []
