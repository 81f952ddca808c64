"""What selectors match, as elements."""

from __future__ import annotations

from lxml.html import HtmlElement

from cleaners.rules.dom import Matcher


def matched(matcher: Matcher, root: HtmlElement) -> dict[str, list[HtmlElement]]:
    """Return the elements that each of a matcher's selectors matches."""
    page, matches = matcher.match(root)
    elements = page.take(number for numbers in matches.values() for number in numbers)
    return {css: [elements[number] for number in numbers] for css, numbers in matches.items()}
