"""The names in a byline: without "By", roles, places and addresses."""

from __future__ import annotations

import html
import re

MAX_NAME_WORDS = 8
"""A longer "name" is a sentence about its bearer. Of 771 authors in the development corpora 9 have more, all of
them several persons or a person with functions."""
MAX_NAME = 80
"""Characters; the longest author of the development corpora that is one person has 59."""
MAX_BYLINE = 1000
"""Characters. Of a longer byline, only the beginning is read."""

_BY = re.compile(
    r"^(?:(?:(?:written|words|story|text|posted|published|reported|reporting|created|edited|updated|article|guest post"
    r"|video|interview|analysis|opinion|review|recipe|reviewed)\s+by|by|author|authors|writer|von|por|par|door|oleh"
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
    r"https?:|www\.|\S@\S|^[@#{<]|\d{3}|[{}<>=]|^(?:unknown|null|none|undefined|n/a|author|name|admin|administrator|webmaster)$",
    re.I,
)
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
    """Return the names in a byline: without "By", roles, places and addresses.

    >>> names_in("By Ada Byron, MD, and Grace Hopper, reporter")
    ['Ada Byron, MD', 'Grace Hopper']
    """
    text = without_by(" ".join(html.unescape(value[:MAX_BYLINE]).split()))
    names: list[str] = []
    for group in _AND.split(text):
        names += _listed(without_by(group))
    return list(dict.fromkeys(names))


def organization(value: str) -> list[str]:
    """Return the name of an organization, which is not parted at its commas and conjunctions."""
    name = " ".join(html.unescape(value[:MAX_BYLINE]).split())
    return [name] if _is_name(name) else []


def without_by(text: str) -> str:
    """Return a byline without the "By" of many languages that it begins with."""
    return _BY.sub("", text).strip()


def is_labelled(text: str) -> bool:
    """Whether a text begins with a label that only bylines have, such as "Author:" or "Written by"."""
    found = _BY.match(f"{text} X")
    return found is not None and (":" in found[0] or "：" in found[0] or " by " in found[0].lower())


def is_person(text: str) -> bool:
    """Whether a text that nothing marks as a name looks like a person's: two to five capitalised words, or as many as
    are usual in scripts without capitals.

    >>> is_person("Ada de la Cruz"), is_person("Share this"), is_person("牛镛")
    (True, False, True)
    """
    words = text.split()
    if (
        not words
        or len(text) > MAX_NAME
        or _NO_NAME.search(text)
        or _ROLE.search(text)
        or any(c.isdigit() for c in text)
    ):
        return False
    if re.fullmatch(rf"[{_CJK}]{{2,5}}", text):
        return True
    if not 2 <= len(words) <= 5 or not all(word[0].isalpha() for word in words):
        return False
    return all(not w[0].islower() or _PARTICLE.fullmatch(w) for w in words) and not _STOP.search(text)


def _listed(group: str) -> list[str]:
    """Return the names of a list parted by commas: credentials stay with their bearer, roles and places go."""
    names: list[str] = []
    parts = _LIST.split(group)
    if len(parts) == 2 and " " not in parts[0].strip() and parts[0][:1].isupper() and _is_first_name(parts[1]):
        return [f"{parts[1].strip()} {parts[0].strip()}"]
    for part in parts:
        part = part.strip(" ,-–—|:•·")
        if names and _CREDENTIAL.fullmatch(part):
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


def _is_first_name(text: str) -> bool:
    words = text.split()
    return 1 <= len(words) <= 3 and all(w[0].isupper() for w in words) and not text.isupper() and not _ROLE.search(text)


def _is_name(text: str) -> bool:
    words = text.split()
    return 0 < len(words) <= MAX_NAME_WORDS and 1 < len(text) <= MAX_NAME and not _NO_NAME.search(text) and any(
        c.isalpha() for c in text
    )  # fmt: skip


def squeeze(text: str) -> str:
    """Return the letters and digits of a text in lower case: what is left of a name when its spelling does not
    count."""
    return "".join(c for c in text.lower() if c.isalnum())
