"""Put an article's pictures, and the messages of other sites that have no words on the page, between its blocks, and
pair captions with pictures."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from cleaners.article import Block, changed
from cleaners.html.blocks import MAX_DEPTH, POST_ADDRESS, Frame, Inset, PageBlock
from cleaners.html.inline import address_of

SMALLEST = 50
"""Pixels of the shorter side below which a picture is a sign, an icon or a counter. A judgement: faces of authors, the
smallest pictures of people, have 60 to 100."""
CAPTION_CLIMB = 5
"""Elements around a picture in which its caption is looked for."""
CLASS_CLIMB = 3
"""Elements around a picture whose names may say that it is none of the article."""
MAX_NAME, MAX_ALT = 200, 1000
"""Characters of a class that are read, and of an alternative text that are kept."""
MAX_CAPTION_LINES = 5
_NOT_SHOWN = re.compile(
    r"avatar|gravatar|\blogo|-logo|\bicons?\b|emoji|smiley|\bpixel|spacer|author|byline|\bbio\b|badge|sprite|tracking",
    re.IGNORECASE,
)
"""Classes and names of files of pictures that are none of the article."""
_IN_NAMES = (
    "author", "avatar", "badge", "bio", "byline", "emoji", "icon", "logo", "pixel", "smiley", "spacer", "sprite",
    "tracking",
)  # fmt: skip
"""Each of these names has one of these words: finding that a text has none takes a tenth of the pattern's time."""
_STANDS_IN = re.compile(r"blank|grey|lazy|loading|missing|placeholder|transparent", re.IGNORECASE)
"""Names of files that are shown before the picture is loaded."""
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-srcset", "data-lazy-srcset", "srcset")
_FILE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)$", re.IGNORECASE)
_PIXELS = re.compile(r"\s*(\d{1,6})(?:px)?\s*$")
_CANDIDATE = re.compile(r"\s*(\S*[^\s,])(?:\s+([\d.]{1,8})[wx])?\s*,?")
"""An address in a `srcset`, and how wide or dense its picture is."""
MAX_CANDIDATES = 50
_PAGE_TAGS = ("html", "body")


def with_insets(
    page: Sequence[PageBlock],
    kept: Mapping[int, Block],
    insets: Sequence[Inset],
    base: str,
    article: Frame | None,
    is_caption: Callable[[PageBlock], bool],
    lead: str,
) -> tuple[Sequence[PageBlock], dict[int, Block]]:
    """Return the page's blocks and the kept ones with those that stand for pictures and messages, which have no words.

    `article`: the element of the article; `is_caption`: tells whether a block is one; `lead`: the address of the
    picture that the page declares.
    """
    insets = [inset for inset in insets if inset.frame.mark is None]
    if not insets or not kept:
        return page, dict(kept)
    around = _around(page, list(kept))
    others = _ancestors(page, [i for i in range(len(page)) if i not in kept and _is_teaser(page[i])])
    bounds = page[min(kept)].order, page[max(kept)].order
    known = _name(address_of(lead, base))
    found: list[tuple[Inset, Block]] = []
    seen: set[str] = set()
    for inset in insets:
        is_lead = bool(known) and inset.order < bounds[1] and any(known in value for value in inset.element.values())
        if not is_lead and not _is_inside(inset, page, around, others, article, bounds, is_caption):
            continue
        if (block := _block(inset.element, base)) is not None and (address := block.src or block.address) not in seen:
            seen.add(address)
            found.append((inset, block))
    if not found:
        return page, dict(kept)
    captions = [i for i in _near(page, [inset.order for inset, _ in found]) if is_caption(page[i])]
    if not kept.keys().isdisjoint(captions):
        around = _around(page, [i for i in kept if i not in captions]) or around
    return _joined(page, kept, _captioned(page, found, captions, around), around)


def _near(page: Sequence[PageBlock], orders: Sequence[int]) -> list[int]:
    """Return the numbers of the blocks beside pictures."""
    begins = [block.order for block in page]
    near: set[int] = set()
    for order in orders:
        at = bisect_right(begins, order)
        near.update(range(max(0, at - MAX_CAPTION_LINES), min(len(page), at + MAX_CAPTION_LINES)))
    return sorted(near)


def _joined(
    page: Sequence[PageBlock],
    kept: Mapping[int, Block],
    found: Sequence[tuple[Inset, Block, Sequence[int]]],
    around: Mapping[Frame, tuple[int, int]],
) -> tuple[Sequence[PageBlock], dict[int, Block]]:
    pages, done = list(page), dict(kept)
    places: dict[int, tuple[int, int]] = {i: (page[i].order, 0) for i in kept}
    for number, (inset, block, lines) in enumerate(found, 1):
        for i in lines:
            if i in done and done[i].kind == "paragraph":
                done[i] = changed(done[i], kind="caption", address=block.src)
        places[len(pages)] = (_place(page, inset, around), number)
        done[len(pages)] = block
        pages.append(PageBlock("", "paragraph", 0, 0, inset.frame, inset.order))
    return pages, {i: done[i] for i in sorted(places, key=lambda i: places[i])}


def _place(page: Sequence[PageBlock], inset: Inset, around: Mapping[Frame, tuple[int, int]]) -> int:
    """Return how many blocks stand before an inset: one in a table stands behind it, and one at the beginning of an
    item behind the item's first text."""
    frames = [*inset.frame.up(MAX_DEPTH)]
    tables = [frame for frame in frames if frame.table and frame.tag == "table" and frame in around]
    if tables:
        return page[around[tables[-1]][1]].order
    item = next((frame for frame in frames if frame.tag == "li" and frame in around), None)
    return inset.order if item is None else max(inset.order, page[around[item][0]].order)


def _around(page: Sequence[PageBlock], numbers: Sequence[int]) -> dict[Frame, tuple[int, int]]:
    """Return the elements around blocks, each with the numbers of the first and the last block in it."""
    first, last = _ancestors(page, numbers), _ancestors(page, numbers[::-1])
    return {frame: (first[frame], last[frame]) for frame in first}


def _ancestors(page: Sequence[PageBlock], numbers: Sequence[int]) -> dict[Frame, int]:
    found: dict[Frame, int] = {}
    for i in numbers:
        frame: Frame | None = page[i].frame
        while frame is not None and frame not in found:
            found[frame] = i
            frame = frame.parent
    return found


def _is_teaser(block: PageBlock) -> bool:
    """Tell whether a removed block may be what a picture of another article belongs to."""
    return block.rule is None and 2 * block.linked >= len(block.text)


def _is_inside(
    inset: Inset,
    page: Sequence[PageBlock],
    around: Mapping[Frame, tuple[int, int]],
    others: Mapping[Frame, int],
    article: Frame | None,
    bounds: tuple[int, int],
    is_caption: Callable[[PageBlock], bool],
) -> bool:
    """Tell whether an inset is the article's: the innermost element around it with text has text of the article."""
    is_between = bounds[0] <= inset.order < bounds[1]
    for frame in inset.frame.up(MAX_DEPTH):
        if frame in around:
            is_in_article = article is not None and any(step is article for step in frame.up(MAX_DEPTH))
            return is_between if frame.tag in _PAGE_TAGS else is_between or is_in_article
        if frame in others and not is_caption(page[others[frame]]):
            return False
    return False


def _captioned(
    page: Sequence[PageBlock],
    found: Sequence[tuple[Inset, Block]],
    captions: Sequence[int],
    around: Mapping[Frame, tuple[int, int]],
) -> list[tuple[Inset, Block, Sequence[int]]]:
    """Return pictures with their captions, and the numbers of these: those in the innermost element around the picture
    that has any, if it has no text of the article. Of several pictures each has the caption behind it."""
    orders, known, begins = sorted({inset.order for inset, _ in found}), set(captions), [block.order for block in page]
    done: list[tuple[Inset, Block, Sequence[int]]] = []
    for inset, block in found:
        at = bisect_right(begins, inset.order)
        beside = range(max(0, at - MAX_CAPTION_LINES), min(len(page), at + MAX_CAPTION_LINES))
        near = [(i, {*page[i].frame.up(CAPTION_CLIMB)}) for i in beside if i in known and block.kind == "image"]
        lines: list[int] = []
        for frame in inset.frame.up(CAPTION_CLIMB) if near else ():
            if frame in around or lines:
                break
            own = [i for i, frames in near if frame in frames]
            lines = [
                i
                for i in own
                if inset.order < page[i].order and orders[bisect_left(orders, page[i].order) - 1] == inset.order
            ] or [i for i in own if page[i].order <= inset.order and not _has_before(orders, page[i].order)]
        done.append((inset, changed(block, caption=" ".join(page[i].text for i in lines)), lines))
    return done


def _has_before(orders: Sequence[int], order: int) -> bool:
    return bisect_left(orders, order) > 0


def _block(element: HtmlElement, base: str) -> Block | None:
    if element.tag != "img":
        address = address_of(element.get(POST_ADDRESS) or "", base)
        return Block("quote", "", address=address) if address else None
    alt = " ".join((element.get("alt") or "")[:MAX_ALT].split())
    is_sign = bool(alt) and len(alt) < 5 and not any(map(str.isalnum, alt))
    if is_sign or _is_small(element) or not (source := _source(element, base)):
        return None
    if _names(element, source) or _leads_away(element, base):
        return None
    return Block("image", "", src=source, alt=alt)


def _source(element: HtmlElement, base: str) -> str:
    """Return the address of a picture: that which a script would load before a place-holder, and the widest of
    several where there is no other."""
    for name in _LAZY[:3]:
        if address := address_of(element.get(name) or "", base):
            return address
    if (address := address_of(element.get("src") or "", base)) and not _STANDS_IN.search(_name(address)):
        return address
    # to the parser a picture may be in its `source`
    picture = next((step for step in islice(element.iterancestors(), MAX_CANDIDATES) if step.tag == "picture"), None)
    sources = () if picture is None else islice(picture.iter("source"), MAX_CANDIDATES)
    for one in (element, *sources):
        for name in _LAZY[3:]:
            if address := max(_candidates(one.get(name) or "", base), default=(0.0, ""))[1]:
                return address
    return ""


def _candidates(several: str, base: str) -> Iterator[tuple[float, str]]:
    for match in islice(_CANDIDATE.finditer(several[:20_000]), MAX_CANDIDATES):
        try:
            width = float(match[2] or 1)
        except ValueError:
            continue
        if address := address_of(match[1], base):
            yield width, address


def _is_small(element: HtmlElement) -> bool:
    sizes = (_PIXELS.match((element.get(side) or "")[:20]) for side in ("width", "height"))
    return any(int(size[1]) < SMALLEST for size in sizes if size)


def _names(element: HtmlElement, source: str) -> bool:
    """Tell whether the names around a picture, or that of its file, say that it is none of the article."""
    steps = (element, *islice(element.iterancestors(), CLASS_CLIMB))
    names = [step.get("class") or "" for step in steps if step.tag not in ("article", "body", "main", "html")]
    text = "\n".join([name[:MAX_NAME] for name in (*names, _name(source))])
    # a sign that is not ASCII may be a letter to the pattern
    low = text.lower()
    may_match = not text.isascii() or any(map(low.__contains__, _IN_NAMES))
    return may_match and _NOT_SHOWN.search(text) is not None


def _leads_away(element: HtmlElement, base: str) -> bool:
    """Tell whether a picture is a link to another site, and not to a larger copy: an advertisement."""
    link = next((step for step in islice(element.iterancestors(), CLASS_CLIMB) if step.tag == "a"), None)
    address = "" if link is None else address_of(link.get("href") or "", base)
    parts = urlsplit(address)
    return bool(parts.netloc) and parts.netloc != urlsplit(base).netloc and not _FILE.search(parts.path)


def _name(address: str) -> str:
    """Return what the sizes of one picture have in common: the name of its file."""
    return urlsplit(address).path.rpartition("/")[2]
