"""Read JSON the way pages have it: with comments, stray commas, quotes that nobody escaped, and a missing end."""

from __future__ import annotations

import html
import json
import re
from typing import Any

MAX_LEVELS = 60
"""Levels of nesting that are read of broken JSON. The scripts of the development corpora have up to 11."""
MAX_STEPS = 100_000
"""Pieces (values, signs and quotes) that are read of broken JSON. Of the 2,398 scripts of the development corpora the
longest has 23,324."""
AHEAD = 300
"""Characters after a quote that are read to tell whether it ends its text."""

_WRAPPERS = "\ufeff \t\r\n;"
_SPACE = re.compile(r"(?:\s|<!\[CDATA\[|\]\]>)++")
_COMMENTS = {"/*": "*/", "//": "\n", "<!--": "-->", "-->": ""}
_GAP = r"(?:\s|/\*[^*]{0,200}+\*/|//[^\n]{0,200}+(?:\n|$)|\]\]>)*+"
_KEY = rf"(?:\"[^\"\n]{{1,100}}+\"|'[^'\n]{{1,100}}+'){_GAP}:"
_BARE_KEY = rf"(?:{_KEY}|[A-Za-z_$@][\w$@-]{{0,100}}+{_GAP}:)"
_CLOSES = rf"{_GAP}(?:[,}}\];<{{]|$)"
_ENDS_KEY = re.compile(rf"{_GAP}:")
_ENDS_ITEM = re.compile(
    rf"{_GAP}(?:,{_GAP}(?:[\"'{{\[,\]\d-]|true|false|null|$)|\]{_CLOSES}|;?{_GAP}$)|[ \t\r]*+\n\s*+[\"'{{]"
)
_BARE = re.compile(r"[^\s,:{}\[\]\"'/<]+|[/<]")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,15})(?:\.\d{1,30})?")
_BAD_ESCAPE = re.compile(r"\\(?:([\"\\/bfnrt]|u[0-9a-fA-F]{4})|\n|(.))", re.DOTALL)
_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_WORDS = {"true": True, "false": False}


def _ends_value(key: str) -> re.Pattern[str]:
    return re.compile(rf"{_GAP}(?:,{_GAP}(?:,|{key}|[}}\]{{]|$)|[}}\]]{_CLOSES}|;?{_GAP}$)|[ \t\r]*+\n\s*+{key}")


_ENDS_VALUE = _ends_value(_KEY)
_ENDS_BARE_VALUE = _ends_value(_BARE_KEY)
_HAS_BARE_KEYS = re.compile(r"[{,]\s*+(?:headline|name|author|datePublished)\s*+:")


def read_json(script: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value of a JSON script as a browser's user would read it, or None where there is none.

    Valid JSON is read as it is; only what the strict reader refuses is read piece by piece. Of several values in one
    script the list of them is returned. A text that the end of the script cuts off is left out, what stands before it
    is kept.

    >>> read_json('{"name": "The "Swan"", /* by us */ "tags": ["a",, "b",],}')
    {'name': 'The "Swan"', 'tags': ['a', 'b']}
    """
    text = script.strip(_WRAPPERS)
    if text.startswith("<!--"):
        text = text[4:].removesuffix("-->").strip(_WRAPPERS)
    if '"' not in text and "&quot;" in text:
        text = html.unescape(text)
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        values = _Pieces(text).values()
        return values[0] if len(values) == 1 else values or None


class _Pieces:
    """A walk over broken JSON from its start to its end; only characters behind a quote are read more than once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.left = MAX_STEPS
        # where keys have no quotes, a word and a colon end the text before; elsewhere they are part of it
        self.ends_value = _ENDS_BARE_VALUE if _HAS_BARE_KEYS.search(text) else _ENDS_VALUE
        self.top: list[Any] = []
        self.open: list[list[Any] | dict[str, Any]] = []
        self.keys: list[str | None] = []
        """For each open value the key whose value comes next, or None."""

    def values(self) -> list[Any]:
        """Return the values outside all others."""
        while self._skip() and self.left > 0:
            self.left -= 1
            sign = self.text[self.at]
            if sign in "{[":
                if len(self.open) == MAX_LEVELS:
                    break
                value: list[Any] | dict[str, Any] = {} if sign == "{" else []
                self._put(value)
                self.open.append(value)
                self.keys.append(None)
                self.at += 1
            elif sign in "}]":
                self._close(dict if sign == "}" else list)
                self.at += 1
            elif sign in ",:":
                if sign == "," and self.keys:
                    self.keys[-1] = None
                self.at += 1
            elif sign in "\"'":
                if (text := self._text(sign)) is None:
                    break
                self._put(text)
            else:
                self._put_bare()
        return self.top

    def _skip(self) -> bool:
        """Go to the next character that is no space or comment, and tell whether there is one."""
        while self.at < len(self.text):
            if space := _SPACE.match(self.text, self.at):
                self.at = space.end()
                continue
            start = next((start for start in _COMMENTS if self.text.startswith(start, self.at)), None)
            if start is None:
                return True
            end = _COMMENTS[start]
            found = self.text.find(end, self.at + len(start))
            self.at = len(self.text) if found < 0 else found + len(end)
        return False

    def _close(self, kind: type) -> None:
        if any(isinstance(value, kind) for value in self.open):
            closed = False
            while not closed:
                closed = isinstance(self.open.pop(), kind)
                self.keys.pop()

    def _put(self, value: Any) -> None:  # noqa: ANN401 - JSON
        holder = self.open[-1] if self.open else None
        if isinstance(holder, list):
            holder.append(value)
        elif holder is None:
            if isinstance(value, list | dict):
                self.top.append(value)
        elif (key := self.keys[-1]) is not None:
            holder[key] = value
            self.keys[-1] = None
        elif isinstance(value, str):
            self.keys[-1] = value

    def _put_bare(self) -> None:
        bare = _BARE.match(self.text, self.at)
        word = bare[0] if bare else ""
        self.at += len(word) or 1
        if self._is_key():
            self._put(word)
        elif word not in "/<":
            self._put(json.loads(word) if _NUMBER.fullmatch(word) else _WORDS.get(word))

    def _is_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1], dict) and self.keys[-1] is None

    def _text(self, quote: str) -> str | None:
        """Return the text that begins here, and go behind it; None if the script ends first."""
        in_list = not self.open or isinstance(self.open[-1], list)
        ends = _ENDS_KEY if self._is_key() else _ENDS_ITEM if in_list else self.ends_value
        start = self.at = self.at + 1
        while self.left > 0 and (found := self.text.find(quote, self.at)) >= 0:
            self.left -= 1
            self.at = before = found + 1
            while before - 2 >= start and self.text[before - 2] == "\\":
                before -= 1
            escaped = (found + 1 - before) % 2 == 1
            if not escaped and ends.match(self.text, self.at, self.at + AHEAD):
                return _unescape(self.text[start:found])
        return None


def _unescape(text: str) -> str:
    escaped = _BAD_ESCAPE.sub(lambda m: f"\\{m[1]}" if m[1] else m[2] or "", text)
    escaped = _QUOTE.sub(lambda m: '\\"' if m[0] == '"' else m[0], escaped)
    try:
        return str(json.loads(f'"{escaped}"', strict=False))
    except ValueError:
        return text
