"""Find the pieces of an article that a reader wants to keep, such as captions and the headline, among those that rules
and the block model remove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cleaners.classify.decide import NOT_ARTICLE, Decision
from cleaners.classify.outline import inherited
from cleaners.html.blocks import MAX_DEPTH, Frame, PageBlock
from cleaners.metadata import Metadata
from cleaners.metadata.dates import day_in
from cleaners.rules.choice import CleanOptions, families
from cleaners.rules.context import normal, reading_length
from cleaners.rules.dom import MAX_VALUE
from cleaners.rules.lines import Cut
from cleaners.rules.model import MAX_LINE

MOST_TEXT = 0.9
"""Share of the text's characters in the element that counts as the article's: a single block that the model keeps
elsewhere on the page does not make the whole page the article."""
SAME = 0.5
"""Share of the longer one's characters from which an `h1` and a title that contains it, or is in it, are the same. A
judgement: the site's name is mostly shorter."""
SHORTEST_CAPTION = 12
"""Letters of the shortest caption that only the element around it tells: shorter lines there are buttons of players. A
judgement: `Subtitles` and `English` have 9 and 7."""
_PAGE_TAGS = ("html", "body", "main")
_CAPTION_TAGS = ("figcaption", "figure")


def kept_pieces(
    blocks: Sequence[PageBlock],
    decisions: Sequence[Decision],
    cuts: Mapping[int, Sequence[Cut]],
    names: Mapping[int, str],
    text: Sequence[int],
    options: CleanOptions,
    metadata: Metadata,
) -> frozenset[int]:
    """Return the numbers of the blocks that stay although a rule or the model removes them.

    `cuts`: what line rules remove of the blocks that the decision keeps; `names`: the line rules that match what it
    removes; `text`: the numbers of the blocks of the usual text, at least one.
    """
    known = [families()[name] for name in options.keep]
    headline = _headline(blocks, text, metadata)
    story = _story(blocks, text, headline)
    # a standfirst is text, and the byline is often below it
    head = text[min(1, len(text) - 1)]
    authors = [name for author in metadata.authors if (name := normal(author)).strip()]
    known_frames: dict[int, bool] = {}
    back: set[int] = set()
    for i, block in enumerate(blocks):
        removed = _rule_of(block, cuts.get(i, ()))
        rule = removed or names.get(i, "")
        for family in known:
            if family.name == "headline":
                continue
            if rule in family.rules and (i in story or (removed and not family.near)):
                back.add(i)
            elif not rule and i in story and decisions[i].rule == NOT_ARTICLE:
                back.update([i] if _is_piece(family.name, block, i < head, authors, known_frames) else [])
    if "headline" in options.keep and headline is not None:
        back.add(headline)
    return frozenset(back - set(text))


def _rule_of(block: PageBlock, cuts: Sequence[Cut]) -> str:
    """Return the rule that removes a whole block, if there is one."""
    if block.rule:
        return block.rule
    return cuts[0].rule if len(cuts) == 1 and (cuts[0].start, cuts[0].end) == (0, len(block.text)) else ""


def _headline(blocks: Sequence[PageBlock], text: Sequence[int], metadata: Metadata) -> int | None:
    """Return the number of the block that is the headline: the first heading above the text that has the title's words,
    or the last other line there that has them, or the first one behind."""
    title = normal(metadata.title or "")
    same = [i for i, block in enumerate(blocks) if title.strip() and _is_title(block, title)]
    above = [i for i in same if i <= text[0]]
    headings = [i for i in above if blocks[i].kind == "heading"]
    return min(headings, default=max(above, default=min(same, default=None)))


def _is_title(block: PageBlock, title: str) -> bool:
    if (own := normal(block.text)) == title:
        return True
    # an `h1` may say the title with the site's name, or the title more than the `h1`
    shorter, longer = sorted((own, title), key=len)
    return block.kind == "heading" and block.level == 1 and shorter in longer and len(shorter) >= SAME * len(longer)


def _story(blocks: Sequence[PageBlock], text: Sequence[int], headline: int | None) -> range:
    """Return the numbers of the blocks from the article's head, where its headline is, to its end."""
    story = _around(main_element(blocks, text), blocks)
    first, last = min([text[0], *story]), max([text[-1], *story])
    if headline is not None and headline < first:
        # the byline often stands above the headline, in the same element
        first = min([headline, *(i for i in _around(blocks[headline].frame.parent, blocks) if i < text[0])])
    return range(first, last + 1)


def main_element(blocks: Sequence[PageBlock], text: Sequence[int]) -> Frame | None:
    """Return the innermost element that has MOST_TEXT of the text."""
    sizes: Counter[Frame] = Counter()
    for i in text:
        sizes[blocks[i].frame] += len(blocks[i].text)
    around = [*blocks[max(text, key=lambda i: len(blocks[i].text))].frame.up(MAX_DEPTH)]
    inside = Counter[Frame | None]()
    known: dict[int, Frame | None] = {id(frame): frame for frame in around}
    for frame, size in sizes.items():
        # of the frames around the longest block, the first that is around this one too
        inside[inherited(frame, known, None, lambda first, _: first)] += size
    least, size = MOST_TEXT * sizes.total(), 0
    for frame in around:
        size += inside[frame]
        if size >= least:
            return frame
    return None


def _around(frame: Frame | None, blocks: Sequence[PageBlock]) -> list[int]:
    """Return the numbers of the blocks in an element, none where it is that of the whole page."""
    if frame is None or frame.tag in _PAGE_TAGS:
        return []
    return [i for i, block in enumerate(blocks) if any(step is frame for step in block.frame.up(MAX_DEPTH))]


def _is_piece(
    family: str, block: PageBlock, is_in_head: bool, authors: Sequence[str], known_frames: dict[int, bool]
) -> bool:
    """Tell whether a block of the article that no rule names is a piece of a family: a caption by the element around
    it; a byline and a dateline, above the second block of the text, by the author's name and a date.

    `known_frames` caches which elements are in captions.
    """
    if family == "captions":
        return reading_length(block.text) >= SHORTEST_CAPTION and is_caption(block, known_frames)
    if not is_in_head or len(block.text) > MAX_LINE:
        return False
    if family == "byline":
        text = normal(block.text)
        return any(name in text for name in authors)
    return family == "dateline" and day_in(block.text) is not None


def is_caption(block: PageBlock, known: dict[int, bool]) -> bool:
    """Tell whether a block is a caption by the elements around it. `known` caches which elements are in captions."""
    return block.kind not in ("quote", "table", "code") and inherited(
        block.frame, known, False, lambda is_in, frame: is_in or _is_caption(frame)
    )


def _is_caption(frame: Frame) -> bool:
    if frame.tag in _CAPTION_TAGS or frame.tag in _PAGE_TAGS:
        return frame.tag in _CAPTION_TAGS
    return "caption" in (frame.element.get("class") or "")[:MAX_VALUE].lower()
