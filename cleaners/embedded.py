"""Find the article of a page that shows none: in its JSON-LD, in the state of its scripts, in templates, attributes and
`noscript`."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree
from lxml.html import HtmlElement, tostring

from cleaners.metadata.linked_data import types_of
from cleaners.metadata.tolerant_json import read_json, texts_in_code, values_in_code, whole_json
from cleaners.rules.context import is_prose, normal, reading_length

DataSource = Literal["json-ld", "microdata", "noscript", "template", "state"]

LEAST = 200
"""Letters of the shortest text that is taken from data where the page names it as its article: a body in JSON-LD or
microdata, or one beside the page's title. A judgement: descriptions for search engines have up to 160."""
LEAST_UNNAMED = 300
"""The same for any other text. A judgement: an app's state has notices of two or three sentences."""
MAX_VALUES = 100_000
"""Values of one page's data that are read: bounds the cost of large states."""
MAX_DEPTH = 40
"""Levels of one state that are read. States of rich text have up to 15 levels."""
MAX_CANDIDATES = 200
MAX_LABEL = 300
"""Characters of the longest title that is compared with the page's."""
RIVAL = 0.5
"""Share of the length of the best text from which another one beside it says that the data is a list of articles."""
NEAR = 0.9
"""Share of the length of the longest copy from which a shorter one of a more trusted source is whole."""
OPENING = 40
"""Characters of the beginning by which two copies of a text are one."""

_BODY = re.compile(
    r"(?:article|story|post|page|news|main|rich|raw|full|rendered|html|entry|item)?[-_]?"
    r"(?:body|content|contents|content_?elements|text|html|blocks|paragraphs|copy|rendered|rich_?text|document|"
    r"markup|article|story|main|components|elements|json|value|nodes|sections)(?:[-_]?(?:html|text|raw|json|blocks|value|en))?",
    re.IGNORECASE,
)
_NOT_BODY = re.compile(
    r"comment|repl(?:y|ies)|related|recommend|sidebar|footer|header|i18n|translation|locale|messages|dictionary|consent|cookie|"
    r"privacy|legal|terms|polic|disclaimer|nav|menu|newsletter|promo|advert|sponsor|teaser|excerpt|summary|description|"
    r"standfirst|abstract|seo|meta|author|biograph|\bbio\b|caption|css|style|script|query|fragment|about|faq",
    re.IGNORECASE,
)
_TITLES = ("headline", "title", "name", "heading", "headlines", "seoTitle", "pageTitle")
_INNER = (
    "children", "content", "contents", "content_elements", "blocks", "paragraphs", "items", "nodes", "value", "text",
    "html", "body", "articleBody", "rendered", "processed", "data", "paragraph", "document", "fields", "attrs",
)  # fmt: skip
_ANSWERS = ("acceptedAnswer", "suggestedAnswer", "comment")
"""What a post of JSON-LD has its answers in, the accepted one first."""
_KINDS = ("type", "nodeType", "_type", "__typename", "kind", "tagName", "tag", "component", "blockType", "nodeName")
_SKIPPED = re.compile(
    r"image|photo|picture|video|audio|gallery|embed|iframe|promo|related|advert|^ads?$|newsletter|interstitial|social|"
    r"oembed|script|^style|reference|carousel|widget|button|html_?ad|cta|divider|delimiter|asset|media|break$",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"^(?:text|span|link|hyperlink|a|strong|em|b|i|u|bold|italic|mark|code|sub|sup|linebreak|hardbreak|br|abbr|cite|q|s|"
    r"small|time|del|ins)$",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(
    r"<(?:p|div|br|h[1-6]|ul|ol|li|blockquote|section|article|figure|table|pre)\b[^>]*>", re.IGNORECASE
)
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_ESCAPED_TAG = re.compile(r"&lt;(?:p|div|br|h[1-6]|ul|blockquote)\b", re.IGNORECASE)
_FORUM_PARAGRAPH = re.compile(r"\[/(?:p|h[1-6]|list)\]", re.IGNORECASE)
_FORUM_TAG = re.compile(r"\[(/?(?:p|b|i|u|s|h[1-6]|ul|ol|li))(?:=[^\]\n]{0,300})?\]", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?…؟।][\"'”’»)\]]*(?:\s|$)|[。！？]")
_CODE = re.compile(r"[{}=;\\|<>_]")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_FLIGHT = re.compile(r"__next_f\.push\(\s*(\[.*\])\s*\)", re.DOTALL)
_FLIGHT_ROW = re.compile(r"(?:^|\n)[0-9a-f]+:(?:[A-SU-Z]{0,2}(?=[\[{\"]))?")
_FLIGHT_TEXT = re.compile(r"(?:^|\n)?[0-9a-f]+:T[0-9a-f]+,")
_TEMPLATE_TYPE = re.compile(r"template|text/html|x-handlebars|x-tmpl|mustache|text/plain|ng-|x-jquery", re.IGNORECASE)
_DATA_TYPE = re.compile(r"json|javascript|ecmascript|module|^$", re.IGNORECASE)
_COPIES = etree.XPath("//noscript | //template | //xmp | //textarea[@hidden]")
_ARTICLE_META = etree.XPath("//meta[@itemprop='articleBody' or @itemprop='text' or @itemprop='reviewBody']/@content")


@dataclass(frozen=True, slots=True)
class Embedded:
    """An article that stands in a page's data."""

    html: str
    source: DataSource
    size: int
    """Letters of prose."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    html: str
    source: DataSource
    path: tuple[str, ...]
    is_titled: bool
    is_named: bool
    size: int
    """Letters of prose."""
    words: str

    @property
    def weight(self) -> float:
        return self.size * (4 if self.is_titled else 1) * (2 if self.is_named else 1)


def article_in_data(root: HtmlElement, title: str | None) -> Embedded | None:
    """Return the article that stands in a page's data, the first of these that has a whole one: JSON-LD, microdata,
    `noscript`, templates, states of scripts. `title` is the page's: it tells an article from others in the same data.

    >>> from cleaners.html.tree import parse
    >>> rain = "It rained on Monday, and the harbour was closed until noon, when the wind fell. " * 4
    >>> root = parse(f'<body><script type="application/ld+json">{{"articleBody": "{rain}"}}</script>')
    >>> article_in_data(root, None).source
    'json-ld'
    """
    reader = _Reader(normal(title or ""))
    reader.read(root)
    found = [one for one in reader.found if one.size >= (LEAST if one.is_titled or one.is_named else LEAST_UNNAMED)]
    by_source: dict[DataSource, _Candidate] = {}
    for source in ("json-ld", "microdata", "noscript", "template", "state"):
        if best := _best([one for one in found if one.source == source]):
            by_source[source] = best
    if not by_source:
        return None
    first = next(iter(by_source.values()))
    copies = [one for one in by_source.values() if _is_copy(one, first)]
    longest = max(one.size for one in copies)
    # a text in one piece has lost its paragraphs
    whole = [one for one in copies if one.size >= NEAR * longest]
    best = next((one for one in whole if one.html.count("<p") + len(_BLOCK_TAG.findall(one.html)) > 2), whole[0])
    return Embedded(best.html, best.source, best.size)


def _best(found: list[_Candidate]) -> _Candidate | None:
    """Return the text that is most likely the article; None where several are as likely, as on a page of teasers."""
    if not found:
        return None
    best = max(found, key=lambda one: one.weight)
    rivals = [
        one
        for one in found
        if one.is_titled == best.is_titled
        and one.size >= RIVAL * best.size
        and not _is_copy(one, best)
        and not _is_within(one.path, best.path)
        and _shape(one.path) == _shape(best.path)
    ]
    return None if rivals else best


def _is_within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _shape(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("*" if step.isdigit() else step for step in path)


def _is_copy(one: _Candidate, other: _Candidate) -> bool:
    return one.words[:OPENING] in other.words or other.words[:OPENING] in one.words


def _plain(markup: str) -> str:
    return html.unescape(_ANY_TAG.sub(" ", markup))


def _size(markup: str) -> int:
    """Return how many letters of prose a text has; 0 for one that is code, addresses or a list of words."""
    text = " ".join(_plain(markup).split())
    if len(_CODE.findall(text)) > len(text) / 50 or len(_SENTENCE.findall(text)) < 2:
        return 0
    letters = reading_length(text)
    # prose has spaces, or is dense
    return letters if text.count(" ") > len(text) / 20 or letters > 1.5 * len(text) else 0


class _Reader:
    """Collects the texts of a page's data."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.left = MAX_VALUES
        self.found: list[_Candidate] = []

    def read(self, root: HtmlElement) -> None:
        for number, text in enumerate(_ARTICLE_META(root)):
            self._add(markup_of(text), "microdata", (str(number),), is_titled=False, is_named=True)
        for number, element in enumerate(_COPIES(root)):
            source: DataSource = "noscript" if element.tag == "noscript" else "template"
            markup = "".join([html.escape(element.text or ""), *(tostring(e, encoding="unicode") for e in element)])
            self._add(markup if len(element) else markup_of(element.text or ""), source, ("copy", str(number)))
        flight = []
        for number, script in enumerate(root.iter("script")):
            text, kind = script.text or "", script.get("type") or ""
            if len(text) < LEAST:
                continue
            if "ld+json" in kind.lower():
                self._read_script(text, "json-ld", str(number))
            elif _TEMPLATE_TYPE.search(kind):
                self._add(markup_of(text), "template", ("script", str(number)))
            elif match := _FLIGHT.search(text):
                flight += [part for part in whole_json(match[1]) or () if isinstance(part, str)]
            elif _DATA_TYPE.search(kind):
                self._read_script(text, "state", str(number))
        if flight:
            self._read_flight("".join(flight))
        for element in root.iter():
            for name, value in element.items():
                if len(value) >= LEAST and element.tag != "meta":
                    if value.lstrip()[:1] in ("{", "["):
                        self._walk(whole_json(value), (str(element.tag), str(name)), "state")
                    elif _BLOCK_TAG.search(value):
                        self._add(value, "template", (str(element.tag), str(name)))

    def _read_script(self, text: str, source: DataSource, number: str) -> None:
        value = read_json(text) if source == "json-ld" else whole_json(text)
        if value is not None:
            self._walk(value, (number,), source)
            return
        loaded = 0
        for loaded, value in enumerate(values_in_code(text, LEAST), 1):
            self._walk(value, (number, str(loaded)), source)
        if not loaded:
            # each long text with its name
            for place, (name, string) in enumerate(texts_in_code(text)):
                self._walk({name or str(place): string}, (number, str(place)), source)

    def _read_flight(self, text: str) -> None:
        """Read the rows that a React server sends: `id:T<length>,text` and `id:JSON`."""
        for number, row in enumerate(_FLIGHT_TEXT.split(text)[1:]):
            self._add(markup_of(re.split(r"\n[0-9a-f]+:", row, maxsplit=1)[0]), "state", ("row", str(number)))
        for number, row in enumerate(_FLIGHT_ROW.split(text)):
            value = whole_json(row.strip())
            if value is not None:
                self._walk(value, ("flight", str(number)), "state")

    def _walk(
        self,
        value: Any,  # noqa: ANN401 - JSON
        path: tuple[str, ...],
        source: DataSource,
        titles: tuple[str, ...] = (),
    ) -> None:
        self.left -= 1
        if self.left < 0 or len(path) > MAX_DEPTH:
            return
        if isinstance(value, str):
            if len(value) >= LEAST and value.lstrip()[:1] in ("{", "[") and (inner := whole_json(value)) is not None:
                self._walk(inner, (*path, "json"), source, titles)
            elif len(value) >= LEAST / 3:
                self._offer(markup_of(value), source, path, titles)
        elif isinstance(value, list):
            if path and (_BODY.fullmatch(path[-1]) or "flight" in path[-2:-1]):
                self._offer(self._rendered(value), source, path, titles)
            for number, item in enumerate(value):
                if isinstance(item, (dict, list, str)):
                    self._walk(item, (*path, str(number)), source, titles)
        elif isinstance(value, dict):
            own = [value[key] for key in _TITLES if isinstance(value.get(key), (str, dict))]
            own = [next(iter(t.values()), "") if isinstance(t, dict) else t for t in own]
            titles = tuple(t[:MAX_LABEL] for t in own if isinstance(t, str)) or titles
            if (post := _post_of(value)) is not None and (messages := "".join(self._messages(post, 0))):
                self._offer(messages, source, (*path, "articleBody"), titles)
                return
            if isinstance(updates := value.get("liveBlogUpdate"), list):
                self._offer(self._rendered(updates), source, (*path, "articleBody"), titles)
            elif _kind_of(value).lower() in ("doc", "document", "root") or (path and _BODY.fullmatch(path[-1])):
                self._offer(self._rendered(value), source, path, titles)
            for key, item in value.items():
                if isinstance(item, (dict, list, str)) and not _NOT_BODY.search(key):
                    self._walk(item, (*path, key), source, titles)

    def _messages(self, post: Any, depth: int) -> Iterator[str]:  # noqa: ANN401 - JSON
        """Yield the markup of a post and of the answers to it, each with those to itself behind it."""
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            return
        if isinstance(post, list):
            for one in post:
                yield from self._messages(one, depth + 1)
        elif isinstance(post, dict):
            text = next((post[key] for key in ("articleBody", "text") if isinstance(post.get(key), str)), "")
            yield markup_of(text)
            for key in _ANSWERS:
                yield from self._messages(post.get(key), depth + 1)

    def _offer(self, markup: str, source: DataSource, path: tuple[str, ...], titles: Iterable[str]) -> None:
        names = [normal(title) for title in titles]
        is_titled = any(len(name) > 10 and (name in self.title or self.title in name) for name in names) and bool(
            self.title.strip()
        )
        named = next((step for step in reversed(path) if not step.isdigit() and step != "json"), "")
        is_named = named in ("articleBody", "reviewBody") or (source == "json-ld" and named == "text")
        if not is_named and not _BODY.fullmatch(named) and not is_titled:
            # a string by any other name has to be long
            self._add(markup, source, path)
        else:
            self._add(markup, source, path, is_titled=is_titled, is_named=is_named)

    def _add(
        self,
        markup: str,
        source: DataSource,
        path: tuple[str, ...],
        *,
        is_titled: bool = False,
        is_named: bool = False,
    ) -> None:
        if len(self.found) < MAX_CANDIDATES and (size := _size(markup)) >= LEAST:
            words = normal(_plain(markup))
            self.found.append(_Candidate(markup, source, path, is_titled, is_named, size, words))

    def _rendered(self, value: Any) -> str:  # noqa: ANN401 - JSON
        """Return rich text as markup: what editors and content systems store as lists of blocks."""
        return "".join(
            part if is_block else f"<p>{part}</p>" for part, is_block in self._parts(value, 0) if part.strip()
        )

    def _parts(self, value: Any, depth: int) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - JSON
        """Yield the pieces of markup of a value, each with whether it is a block."""
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            return
        if isinstance(value, str):
            if value:
                is_block = bool(_BLOCK_TAG.search(value) or _BLANK_LINES.search(value)) or (
                    "\n" in value and is_prose(value.split("\n", 1)[0].strip(), LEAST // 5)
                )
                yield (markup_of(value) if is_block else _inline(value)), is_block
        elif isinstance(value, list):
            if len(value) == 4 and value[0] == "$" and isinstance(value[1], str):
                props = value[3] if isinstance(value[3], dict) else {}
                yield from self._element(value[1], props.get("children"), depth)
                return
            parts = [list(self._parts(item, depth + 1)) for item in value]
            # strings and texts beside each other are one line, unless they are sentences of their own
            texts = ["".join(part for part, _ in own) for own in parts]
            are_blocks = any(is_block for own in parts for _, is_block in own) or (
                len(value) > 1 and all(is_prose(text.strip(), LEAST // 5) for text in texts if text.strip())
            )
            if are_blocks:
                for own in parts:
                    yield from ((p if b else f"<p>{p}</p>", True) for p, b in own if p.strip())
            else:
                yield "".join(texts), False
        elif isinstance(value, dict):
            kind = _kind_of(value)
            if not _SKIPPED.search(kind) or _INLINE.match(kind):
                key = next((key for key in _INNER if value.get(key) not in (None, "", [], {}) and key != "type"), None)
                heading = next((value[k] for k in ("headline", "title") if isinstance(value.get(k), str)), "")
                if key in ("articleBody", "body", "content", "text") and heading:
                    yield f"<h2>{_inline(heading)}</h2>", True
                level = value.get("style") if isinstance(value.get("style"), str) else ""
                if key:
                    yield from self._element(f"{kind} {level}".strip(), value[key], depth)

    def _element(self, kind: str, inner: Any, depth: int) -> Iterator[tuple[str, bool]]:  # noqa: ANN401 - JSON
        parts = [part for part in self._parts(inner, depth + 1) if part[0].strip()]
        tag = _tag_of(kind)
        if not parts:
            return
        if tag in ("ul", "blockquote"):
            inside = "".join(p if b else f"<li>{p}</li>" if tag == "ul" else f"<p>{p}</p>" for p, b in parts)
            if tag == "ul":
                inside = inside.replace("<p>", "<li>").replace("</p>", "</li>") if "<li>" not in inside else inside
            yield f"<{tag}>{inside}</{tag}>", True
        elif tag and not any(is_block for _, is_block in parts):
            yield f"<{tag}>{''.join(part for part, _ in parts)}</{tag}>", True
        elif tag == "li":
            yield f"<li>{''.join(part for part, _ in parts)}</li>", True
        else:
            yield from parts


def _post_of(value: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the first post of a thread that an object of JSON-LD is, else None. A list of questions that are each
    answered once, by the page itself, is none."""
    names = types_of(value)
    if "QAPage" in names:
        return value.get("mainEntity")
    is_thread = "DiscussionForumPosting" in names or ("Question" in names and value.get("suggestedAnswer"))
    return value if is_thread and any(value.get(key) for key in _ANSWERS) else None


def _kind_of(value: dict[str, Any]) -> str:
    return next((value[key] for key in _KINDS if isinstance(value.get(key), str)), "")


def _tag_of(kind: str) -> str:
    """Return the element that stands for a block's kind; empty for one that is only around others, or inside a line."""
    name = re.sub(r"[^a-z0-9 ]", "", kind.lower())
    if _INLINE.match(name):
        return ""
    if re.search(r"list ?item|^li$", name):
        return "li"
    if re.search(r"quote", name):
        return "blockquote"
    if re.search(r"list|^[uo]l$", name):
        return "ul"
    if re.search(r"head|^h[1-6]$| h[1-6]$|title", name):
        return "h2"
    return "p" if re.search(r"para|^p$|unstyled|normal|^block$|^text ?block", name) else ""


def _inline(text: str) -> str:
    """Return a line as markup: it has tags, or entities of its own, or is plain."""
    return text if _ANY_TAG.search(text) else html.escape(html.unescape(text), quote=False)


def markup_of(text: str) -> str:
    """Return a text that may be markup, escaped or in square brackets too, or plain, as markup with paragraphs.

    >>> markup_of("It rained.\\n\\nThe harbour was closed & dark.")
    '<p>It rained.</p><p>The harbour was closed &amp; dark.</p>'
    """
    if _ESCAPED_TAG.search(text) and not _BLOCK_TAG.search(text):
        text = html.unescape(text)
    if _BLOCK_TAG.search(text):
        return text
    if _FORUM_PARAGRAPH.search(text):
        return _FORUM_TAG.sub(r"<\1>", text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n").strip()
    parts = _BLANK_LINES.split(text) if _BLANK_LINES.search(text) else text.split("\n")
    return "".join(f"<p>{_inline(part.strip())}</p>".replace("\n", "<br>") for part in parts if part.strip())
