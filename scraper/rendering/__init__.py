"""Render pages whose text a script writes, in a browser that makes no connection of its own."""

from scraper.rendering.browser import Browser, BrowserError, BrowserMissing, Found, RenderError, find_browser
from scraper.rendering.parts import Parts

__all__ = [
    "Browser",
    "BrowserError",
    "BrowserMissing",
    "Found",
    "Parts",
    "RenderError",
    "find_browser",
]
