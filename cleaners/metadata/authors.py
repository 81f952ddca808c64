"""Find the authors. Persons rank above the site's own name, and the page's head above the byline that it shows."""

from __future__ import annotations

import html
import re
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from lxml.html import HtmlElement

from cleaners.html.nodes import Signs
from cleaners.metadata.header import FAR, MAX_MARKS, Marks, pieces, squeeze
from cleaners.metadata.linked_data import LINKED, META, PageData, texts, type_of

MAX_NAME_WORDS = 8
"""A longer "name" is a sentence about a person. Of 771 authors in the development corpora 9 have more words, and all of
these are several persons or a person with offices."""
MAX_NAME = 80
"""Characters; the longest author of the development corpora that is one person has 59."""
MAX_BYLINE = 1000
"""Characters that are read of a byline."""

_BY = re.compile(
    r"^(?:(?:(?:(?:view|see|read|all|more|latest)\s+){0,3}(?:posts|articles|stories)\s+(?:by|from)"
    r"|(?:(?:this|the)\s+(?:article|story|post|text)\s+(?:was|is)\s+)?(?:written|words|story|text|posted|published|reported"
    r"|reporting|created|edited|updated|article|guest post"
    r"|video|interview|analysis|opinion|review|recipe|reviewed)\s+by|about\s+the\s+authors?|by|author|authors|writer|von|por|par|door|oleh"
    r"|autor|autora|autorin|autorin/autor|auteur|auteure|autore|redattore|yazar|penulis|skrevet av|skriven av"
    r"|tekst|texto|texte|text|testo|автор|текст|автори?|نوشته|بقلم|כתב|लेखक|文|作者|撰文|记者|記者|기자|[（(]?责编|[（(]?责任编辑)\s*[:：]?"
    r"|(?:di|da|de|av|af|od|a cura di|przez)(?=\s*:|\s+(?-i:[^\W\d_a-zà-ÿ]\w*[.'’-]?\s+[^\W\d_a-zà-ÿ]))"
    r"|(?:كتبت?|إعداد|تحرير|تقرير)(?=\s*:))"
    r"[\s:：]+(?=\S)",
    re.IGNORECASE,
)
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_AND = re.compile(
    r"\s*(?:[;&|｜•·、]|\s/\s|\s(?:and|und|et|og|och|en|ja|with|و)\s|\s(?:y|e|i)\s(?=[^\W\d_a-z]))\s*(?:and\s|und\s)?"
)
_LIST = re.compile(r"\s*,\s*(?:(?:and|und|et|y|e|en|og|och|&)\s+)?")
_DASH = re.compile(r"\s+[–—-]+\s+.*$")
_PARENTHESIS = re.compile(r"\s*\(([^()]*)\)?\s*$")
_PLACE = re.compile(r"\s+(?:in|à|a|en|aus|i|din|из)\s+[^\W\d_a-z][\w.-]*(?:\s+[^\W\d_a-z][\w.-]*)?$")
_CREDENTIAL = re.compile(
    r"(?:(?:[A-Z][A-Za-z]{0,2}\.){1,3}[A-Z]?|[A-Z]{1,3}[a-z]?[A-Z]{1,4}|[A-Z]{2,}(?:-[A-Z\d]+)*|Ph\.?D|Jr|Sr|Esq|III?|IV"
    r"|E-RYT)[.®™]?(?:\s(?:[A-Z]{2,}[®™]?|\d+|\([A-Z]\w+\)))*"
)
_ROLE = re.compile(
    r"\b(?:editor|editors|writer|reporter|correspondent|contributor|columnist|director|manager|expert|specialist"
    r"|dietitian|nutritionist|analyst|consultant|officer|ceo|cto|cmo|coo|founder|president|professor|author|staff"
    r"|producer|journalist|representative|advisor|coach|trainer|engineer|strategist|redakteur(?:in)?|korrespondent(?:in)?"
    r"|autor(?:in)?|reporterin?|rédact\w+|journaliste|correspondant|periodista|redactor(?:a)?|giornalista|inviato|redacteur"
    r"|journalist(?:in)?|muhabir\w*|senior|head|lead|chief|vice|associate|assistant|freelance|guest|special|horticulturalist"
    r"|educator|executive|marketing|technical|content|digital|security|member|owner|partner|attorney)\b",
    re.IGNORECASE,
)  # fmt: skip
_NO_NAME = re.compile(
    r"https?:|www\.|\S@\S|^[@#{<]|\d{3}|[{}<>=]|[!?]\s|^(?:unknown|null|none|undefined|n/a|name|admin|administrator|webmaster"
    r"|code|by|(?:full|read|view)(?: full)? bio|(?:last )?(?:written|posted|published|updated)(?: on| by| in| at)?"
    r"|follow\b.*"
    r"|(?:about the |topic |original )?(?:authors?|poster)|about(?: us| me)?|(?:copy|share|get) (?:the )?link|share\b.*"
    r"|subscribe\b.*|(?:join|sign|log)(?: ?in| up| today| now| us)?|account|category|categories|read more|learn more"
    r"|view (?:all|more)\b.*|(?:skip to )?(?:main )?content|comments?|leave a (?:comment|reply)|menu|search|cancel"
    r"|tags?|advertisement|sponsored)$",
    re.IGNORECASE,
)
_EMOJI = re.compile(
    "[\u200d\u20e3\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
)
"""Signs that decorate a name. Dots and bars between names are no part of it."""
_STOP = re.compile(
    r"\b(?:read|more|share|follow|about|view|posts?|articles?|photo|image|credit|updated|published|posted|january|february"
    r"|march|april|june|july|august|september|october|november|december|minutes?|min|comments?|subscribe|sign|log|blog"
    r"|home|news|contact|the|your|our|how|what|why|best|guide|tips|get|all|by|here|table|contents|facebook|twitter"
    r"|linkedin|instagram|email|mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec|reviewed|fact"
    r"|checked|medically|verified|skip|main|menu|search|privacy|policy)\b",
    re.IGNORECASE,
)
_PARTICLE = re.compile("de|la|van|von|der|den|het|ten|ter|bin|ibn|al|el|di|da|dos|do|du|le|del|della|zu|af|av|e|y")


def names_in(value: str) -> list[str]:
    """Return the names in a byline, without "By", roles, places and addresses.

    >>> names_in("By Ada Byron, MD, and Grace Hopper, reporter")
    ['Ada Byron, MD', 'Grace Hopper']
    """
    text = without_by(" ".join(_EMOJI.sub(" ", html.unescape(value[:MAX_BYLINE])).split()))
    names: list[str] = []
    for group in _AND.split(text):
        names += _listed(without_by(group))
    return list(dict.fromkeys(names))


def organization(value: str) -> list[str]:
    """Return the name of an organization: it is not split at commas and conjunctions."""
    name = " ".join(_EMOJI.sub(" ", html.unescape(value[:MAX_BYLINE])).split())
    return [name] if _is_name(name) else []


def without_by(text: str) -> str:
    """Return a byline without its first words for "By", in many languages."""
    return _BY.sub("", text).strip()


def is_labelled(text: str) -> bool:
    """Tell whether a text begins with a label of bylines, such as "Author:" or "Written by"."""
    label = _BY.match(f"{text} X")
    return label is not None and (":" in label[0] or "：" in label[0] or " by " in label[0].lower())


def is_person(text: str) -> bool:
    """Tell whether an unmarked text looks like a person's name: two to five capitalised words, or two to five Chinese,
    Japanese or Korean characters.

    >>> is_person("Ada de la Cruz"), is_person("Share this"), is_person("牛镛")
    (True, False, True)
    """
    words = text.split()
    if not words or len(text) > MAX_NAME or _NO_NAME.search(text) or _ROLE.search(text) or any(map(str.isdigit, text)):
        return False
    if re.fullmatch(rf"[{_CJK}]{{2,5}}", text):
        return True
    if not 2 <= len(words) <= 5 or not all(word[0].isalpha() for word in words):
        return False
    return all(not w[0].islower() or _PARTICLE.fullmatch(w) for w in words) and not _STOP.search(text)


def _listed(group: str) -> list[str]:
    """Return the names in a list with commas: keep credentials with their person, drop roles and places."""
    names: list[str] = []
    parts = _LIST.split(group)
    if len(parts) == 2 and " " not in parts[0].strip() and parts[0][:1].isupper() and _is_first_name(parts[1]):
        return [f"{parts[1].strip()} {parts[0].strip()}"]
    for part in parts:
        part = part.strip(" ,-–—|:•·~«»‹›")
        if names and _is_credential(part, names[-1]):
            names[-1] += f", {part}"
            continue
        if names and (_ROLE.search(part) or (" " not in part and (" " in names[-1] or "." in names[-1]))):
            continue
        if (aside := _PARENTHESIS.search(part)) and _ROLE.search(aside[1]):
            part = part[: aside.start()]
        name = _PLACE.sub("", _DASH.sub("", part)).strip(" ,-–—|:()（）")
        if _is_name(name):
            names.append(name)
    return names


def _is_credential(text: str, name: str) -> bool:
    """Tell whether a text in capitals behind a name is a degree. After a name in capitals, two or more words are the
    next name, and so is one word after one word."""
    if not _CREDENTIAL.fullmatch(text):
        return False
    before = name.partition(",")[0]
    words = text.split()
    if not before.isupper() or not text.replace(" ", "").isalpha():
        return True
    return (" " in before) == (len(words) == 1)


def _is_first_name(text: str) -> bool:
    words = text.split()
    return 1 <= len(words) <= 3 and all(w[0].isupper() for w in words) and not text.isupper() and not _ROLE.search(text)


def _is_name(text: str) -> bool:
    if not 0 < len(text.split()) <= MAX_NAME_WORDS or not 1 < len(text) <= MAX_NAME:
        return False
    return not _NO_NAME.search(text) and any(map(str.isalpha, text))


SPREAD = 40
"""Elements from the first to the last author of one byline."""
MAX_OTHER_WORDS = 5
"""Words of a marked element that names no person, such as "By The Gazette Team"."""
MAX_BYLINE_TEXT = 160
"""Characters: a longer marked element is a box about the author, whose name has its own element."""

MIN_CARDS = 3
"""Boxes alike from which they are a list of other articles or of persons; two may be the authors. Without the names in
such boxes 8 pages of the development corpora have their right authors that had others, 8 have none that should have
none, and 1 loses its right one."""
MAX_CARDS = 20
"""Boxes of a list that are looked at."""
MAX_CARD_DEPTH = 8
"""Elements around a name that may be such a box."""
MAX_CARD_ELEMENTS = 50
"""Elements of one tag in a box that are looked at."""
MAX_CARD_NAMES = 50
"""Names in such boxes after which no other is read: bounds the cost of hostile pages."""

# for text in lower case: where each alternative begins with a letter the search is eight times as fast
_MARK = re.compile(
    r"by-?_?line|author(?!i[sz]|i[nt])|a(?<!\wa)utor(?!i|ef)|auteur|autore(?!n|f)|verfasser|writer|written-?by"
    r"|contributor|reporter(?!s)|journalist|redakteur|redacteur|penulis|yazar|c(?<!\wc)reator"
)
_STEMS = (
    b"byline", b"by-line", b"by_line", b"by-_line", b"author", b"autor", b"auteur", b"verfasser", b"writer", b"written",
    b"contributor", b"reporter", b"journalist", b"redakteur", b"redacteur", b"penulis", b"yazar", b"creator",
)  # fmt: skip
_MARKS = {
    "rel": (b"author",), "itemprop": (b"author",), "class": _STEMS, "id": _STEMS, "data-testid": _STEMS,
}  # fmt: skip
_FOLDERS = (
    b"/author", b"/autor", b"/auteur", b"/staff/", b"/contributor", b"/profile", b"/reporter", b"/journalist",
    b"/writer", b"/team/", b"/by/", b"/redaktion/", b"/penulis/", b"/yazar",
)  # fmt: skip
_LETTERS = [bytes([byte]) for byte in (*b"abcdefghijklmnopqrstuvwxyz", *range(0xC2, 0xF5))]
"""In UTF-8, the letters of ASCII, and what other characters begin with."""
_SIGNS_NEAR = Signs(names={**_MARKS, "href": _FOLDERS}, words=_LETTERS)
"""What an element has at least that is marked as a byline, or begins like one."""
_SIGNS = Signs(names=_MARKS, words=(b":", "：".encode(), b" by"))
"""What an element has at least that is marked as a byline, or has a text with a label."""
_NO_MARK = re.compile(r"categor|topic-?_?label|write-?review", re.IGNORECASE)
"""Marks of what stands beside a name in a byline, or asks readers to write."""
_NAME_MARK = re.compile(r"author-?_?(?:name|link)|byline-?_?name|post-?_?author$|\bfn\b|^author$", re.IGNORECASE)
_HREF = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|autori|staff|contributors?|profiles?|reporters?|journalists?|writers?"
    r"|team|by|redaktion|penulis|yazar(?:lar)?)/[^/?#]+",
    re.IGNORECASE,
)
_OTHER_WORK = re.compile(
    r"^\s*contact\b|review|edited|fact.?check|photo|illustrat|verified|lektor|foto|bild|geprüft|revisad|vérifi|translat",
    re.IGNORECASE,
)
_LABELS = frozenset(("b", "strong", "span", "em", "i", "dt", "label"))
"""Elements that hold the label of a name beside it."""
_CONNECTOR = re.compile(r"(?:,|&|\||and|und|et|y|e|en|og|och|by|von|por|par|[•·]|with)*", re.IGNORECASE)


class Byline(NamedTuple):
    """The names in the byline that a page shows."""

    persons: list[str]
    """Names that look like those of persons."""
    named: list[str]
    """Other texts of an element marked as an author's name, such as an account or "The Gazette Team"."""
    others: list[str]
    """Texts of other bylines that name no person."""


def byline_marks(root: HtmlElement, headline: HtmlElement | None) -> Marks:
    """Return the elements of a page that may hold a byline."""
    return Marks(root, headline, _strength, near=_SIGNS_NEAR, far=_SIGNS)


def visible_byline(root: HtmlElement, headline: HtmlElement | None) -> Byline:
    """Return the names in the byline that the page shows: the one with the best mark next to the headline."""
    byline = Byline([], [], [])
    best: tuple[int, int, HtmlElement] | None = None
    marks = byline_marks(root, headline)
    cards = 0
    for rank, order, element in marks.ranked():
        if best is not None and rank > best[0]:
            break
        if best is not None and (order > best[1] + SPREAD or not _in_one_list(element, best[2])):
            continue
        if _is_other_work(element):
            continue
        persons, others = _names(element)
        if persons and best is None:
            if cards == MAX_CARD_NAMES or _is_of_card(element, marks.around, rank >= FAR):
                cards = min(cards + 1, MAX_CARD_NAMES)
                continue
            best = rank, order, element
        byline.persons.extend(name for name in persons if name not in byline.persons)
        unnamed = byline.named if rank == 0 else byline.others
        if not unnamed and (rank < FAR or "author-box" in (element.get("class") or "")[:MAX_MARKS]):
            # "by" in a text without a mark is also "by default" and "by sending"
            unnamed += [name for name in others if rank % 4 < 3 or not name[0].islower()]
    return byline


def _is_of_card(element: HtmlElement, around: Container[HtmlElement], far: bool) -> bool:
    """Tell whether an element is in one of several boxes alike that each name somebody: teasers of other articles,
    which have headings with links, or, `far` from the headline, customers and members of a team."""
    box = element
    for _ in range(MAX_CARD_DEPTH):
        parent = box.getparent()
        if parent is None or box in around:
            return False
        alike = [
            other
            for other in islice(parent.iterchildren(str(box.tag)), MAX_CARDS)
            if other.get("class") == box.get("class") and _has_like(other, element)
        ]
        if len(alike) >= MIN_CARDS and box is not element:
            return far or any(heading.find(".//a") is not None for heading in box.iter("h2", "h3", "h4"))
        box = parent
    return False


def _has_like(box: HtmlElement, element: HtmlElement) -> bool:
    """Tell whether a box holds an element with the tag and the marks of another."""
    marks = element.get("class"), element.get("rel"), element.get("itemprop")
    return any(
        (other.get("class"), other.get("rel"), other.get("itemprop")) == marks
        for other in islice(box.iter(str(element.tag)), MAX_CARD_ELEMENTS)
    )


def _in_one_list(element: HtmlElement, other: HtmlElement) -> bool:
    """Tell whether two elements are of the same kind and in the same list."""
    if element.tag != other.tag or element.get("class") != other.get("class"):
        return False
    lists = [*other.iterancestors()][:2]
    return any(node in lists for node in [*element.iterancestors()][:2])


_CODE = frozenset(("code", "pre", "kbd", "samp", "var", "label", "option", "button", "link"))
"""Elements whose words are no byline."""


def _strength(element: HtmlElement) -> int | None:
    # called for many elements: only the attributes that it has are read
    names = element.keys()
    strength = _strength_of_attributes(element, names) if names else None
    if strength is None:
        text = (element.text or "").strip()
        strength = _strength_of_text(text) if text and len(text) < MAX_BYLINE_TEXT else None
    return None if strength is None or element.tag in _CODE else strength


def _strength_of_attributes(element: HtmlElement, names: Container[str]) -> int | None:
    if ("rel" in names and element.get("rel") == "author") or (
        "itemprop" in names and element.get("itemprop") == "author"
    ):
        return 0
    if "class" in names or "id" in names or "data-testid" in names:
        marks = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('data-testid') or ''}"
        if (strength := _strength_of(marks[:MAX_MARKS])) is not None:
            return strength
    if "href" in names and _HREF.search((element.get("href") or "")[:MAX_MARKS]) and element.tag == "a":
        return 2
    return None


@lru_cache(8192)
def _strength_of_text(text: str) -> int | None:
    if _BY.match(f"{text} X") is None:
        return None
    return 1 if is_labelled(text) else 3


@lru_cache(8192)
def _strength_of(marks: str) -> int | None:
    if not _MARK.search(marks.lower()) or _NO_MARK.search(marks):
        return None
    return 0 if _NAME_MARK.search(marks) else 1


def _is_other_work(element: HtmlElement) -> bool:
    parent, label = element.getparent(), element.getprevious()
    before = [element.text or "", "" if parent is None else parent.text or ""]
    if label is not None and label.tag in _LABELS and not (label.tail or "").strip():
        before.append(label.text or "")
    return any(_OTHER_WORK.search(text[:MAX_MARKS]) for text in before)


def _hidden_name(element: HtmlElement) -> list[str]:
    """Return the name that the meta elements of an author hold: whole, or given and family name apart."""
    held = {meta.get("itemprop"): meta.get("content") or "" for meta in element.iter("meta")}
    name = held.get("name") or " ".join(filter(None, (held.get("givenName"), held.get("familyName"))))
    return [name] if name else []


def _names(element: HtmlElement) -> tuple[list[str], list[str]]:
    """Return the persons that an element names, and other names if it names no person."""
    shown = pieces(element) or _hidden_name(element)
    whole = " ".join(shown)
    if without_by(f"{whole} X") == "X":
        parent = element.getparent()
        shown = [] if parent is None else pieces(parent)
        whole = " ".join(shown)
    if not shown or len(whole) > MAX_BYLINE_TEXT:
        return [], []
    persons: list[str] = []
    for text in shown:
        more = [name for name in names_in(text) if is_person(name.partition(",")[0])]
        persons += more
        if not more and persons and not _CONNECTOR.fullmatch(text):
            break
    if not persons:
        persons = [name for name in names_in(whole)[:1] if is_person(name.partition(",")[0])]
    others: list[str] = []
    if not persons and without_by(shown[0]) != shown[0]:
        others = names_in(shown[0])[:1] if len(shown[0].split()) <= MAX_OTHER_WORDS else []
    elif not persons and len(whole.split()) <= MAX_OTHER_WORDS:
        others = names_in(whole)
    return persons, [name for name in others if not any(c.isdigit() or c in "!?" for c in name)]


_WEAK = re.compile(
    r"\b(?:admin\w*|team|staff|editors?|editorial|redaktion|redacci[oó]n|redazione|redactie|r[ée]daction|redaksi|redakcja"
    r"|desk|newsroom|newsdesk|news|agency|agentur|ag[eê]n[ck]\w+|press|office|inc|llc|ltd|gmbh|magazine|media|online|\w+\.\w{2,})\b",
    re.IGNORECASE,
)
_AGENCY = re.compile("afp|ani|anp|ansa|ap|apa|ats|belga|dpa|efe|lusa|ntb|pap|pti|reuters|ritzau|sda|tass|tt")
_PLAIN_TYPE = re.compile(r"(?:Tech)?Article|\w*Page")
"""Types of JSON-LD that articles have, but also pages that nobody has signed. With such a type, and without an og:type
of an article, the offices and accounts in JSON-LD are right on none of the development corpora's pages and wrong on
11; of those in meta elements that are not the site's name, 2 are wrong."""
_WRITTEN_BY = re.compile("written|author|verfasst|geschrieben|autor|auteur|escrito|scritto|skrev|автор|écrit|著", re.I)


def read_authors(
    page: PageData, sites: frozenset[str], headline: HtmlElement | None
) -> tuple[tuple[str, ...], str | None]:
    """Return the names of the first source that names a person, and that source. If there is none, return the first
    names of any kind: the site's, an office's or an account's. A product has no author: its page names its maker and
    its testers (by og:type, 6 pages of the development corpora do so, and none has a right author)."""
    fallback: tuple[tuple[str, ...], str | None] = (), None
    kind = next(iter(page.metas.get("og:type", ())), "").lower()
    if kind.startswith("product"):
        return fallback
    sections = _sections(page) - sites
    for source, found, personal in _bylines(page, headline):
        names = [name for name in found if squeeze(name) not in sections]
        unique = tuple({name.casefold(): name for name in reversed(names)}.values())[::-1]
        persons = tuple(name for name in unique if not is_weak(name, sites))
        if persons and personal:
            return tuple(name for name in unique if squeeze(name) not in sites), source
        if unique and not fallback[0] and not _names_owner(page, kind, source, unique, sites):
            fallback = unique, source
    return fallback


def _names_owner(page: PageData, kind: str, source: str, names: Sequence[str], sites: frozenset[str]) -> bool:
    """Tell whether the head's offices and accounts run the page and have not written it.

    So it is where the page (`kind`: its og:type) does not say that it is an article or a post: a template fills in the
    author of each page. The site's name in a meta element counts all the same, since of such pages as many are by the
    site as by nobody.
    """
    if source == "page" or kind == "article" or not all(_PLAIN_TYPE.fullmatch(type_of(node)) for node in page.articles):
        return False
    return source == "json-ld" or (bool(kind) and not any(squeeze(name) in sites for name in names))


MAX_LINKS = 50
"""Links of a breadcrumb that are read: it has a few."""


def _sections(page: PageData) -> set[str]:
    """Return the names of the site's sections: those that the head states, and those of the breadcrumbs."""
    names = [*page.metas.get("article:section", ()), *page.metas.get("section", ())]
    for node in page.articles:
        names += texts(node.get("articleSection"))
    if page.trail is not None:
        names += [link.text or "" for link in islice(page.trail.iter("a"), MAX_LINKS) if link.get("rel") != "author"]
    return {squeeze(name) for name in names if name.strip()}


def is_weak(name: str, sites: frozenset[str]) -> bool:
    """Tell whether a name is that of the site, an office or an account, which counts only if no person is named."""
    squeezed = squeeze(name)
    if squeezed in sites or _WEAK.search(name):
        return True
    if _AGENCY.fullmatch(squeezed):
        return False
    return " " not in name and name.isascii() and (name.islower() or not name.replace("-", "").isalpha())


def _bylines(page: PageData, headline: HtmlElement | None) -> Iterator[tuple[str, list[str], bool]]:
    """Yield (source, names, whether they may count as a person's) in the order of trust."""
    for node in page.articles:
        for key in LINKED["authors"]:
            names: list[str] = []
            for name, kind in page.named(node.get(key)):
                names += organization(name) if "Organization" in kind else names_in(name)
            yield "json-ld", names, True
    for key in META["authors"]:
        yield ("opengraph" if key.startswith("article:") else "meta"), _named(page, key), True
    for prefix in ("author:", "article:author:", "profile:"):
        given, family = (page.metas.get(f"{prefix}{part}_name", ())[:1] for part in ("first", "last"))
        if given and family:
            yield "opengraph", names_in(f"{given[0]} {family[0]}"), True
    for n in "123":
        if _WRITTEN_BY.search(" ".join(page.metas.get(f"twitter:label{n}", ()))):
            yield "meta", _named(page, f"twitter:data{n}"), True
    byline = visible_byline(page.root, headline)
    yield "page", byline.persons, True
    yield "page", byline.named, True
    yield "page", byline.others, False


def _named(page: PageData, key: str) -> list[str]:
    return [name for value in page.metas.get(key, ()) for name in names_in(value)]
