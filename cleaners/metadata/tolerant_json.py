"""Read JSON the way pages have it: in wrappers, with comments, stray commas, quotes that nobody escaped, a missing end,
and in the middle of code."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

MAX_LEVELS = 60
"""Levels of nesting that are read of broken JSON. The scripts of the development corpora have up to 11."""
MAX_STEPS = 100_000
"""Pieces (values, signs and quotes) that are read of broken JSON. Of the 2,398 scripts of the development corpora the
longest has 23,324."""
AHEAD = 300
"""Characters after a quote that are read to tell whether it ends its text."""

MAX_STARTS = 50
"""Places in a script of code where a value may begin that are tried: each may be read to the script's end."""

_AROUND = "\ufeff \t\r\n;"
_WRAPPERS = {
    "<!--": ("//-->", "-->"), "//<![CDATA[": ("//]]>", "]]>"), "/*<![CDATA[*/": ("/*]]>*/",), "<![CDATA[": ("]]>",),
}  # fmt: skip
"""What pages put before a script to hide it from old browsers or from XML, and behind it."""
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
_BAD_ESCAPE = re.compile(r"\\(?:([\"\\/bfnrt]|u[0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|\n|(.))", re.DOTALL)
_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_START = re.compile(r"(?:[=(:,]|\breturn)\s*(?=[{\[\"'])|^\s*(?=[{\[])")
_UNDEFINED = re.compile(r"(?<=[:,\[])\s*(?:undefined|void 0|NaN|-?Infinity|!0|!1|new Date\([^()]*\))(?=\s*[,}\]])")
_LITERAL = re.compile(
    r"""(?:["']?([\w$-]{1,60})["']?\s*[:=]\s*)?("(?:[^"\\\n]|\\.){100,}"|'(?:[^'\\\n]|\\.){100,}'|`(?:[^`\\]|\\.){100,}`)""",
    re.DOTALL,
)
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
    value = whole_json(script)
    if value is not None:
        return value
    text = _unwrapped(script)
    values = _Pieces(html.unescape(text) if '"' not in text and "&quot;" in text else text).values()
    return values[0] if len(values) == 1 else values or None


def whole_json(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value of a text that is JSON from its beginning to its end, but for a wrapper, for being escaped as an
    attribute, or for JavaScript's `undefined`; None for any other text, such as code.

    >>> whole_json("<!-- {&quot;tags&quot;: [1, 2]}; -->"), whole_json("var tags = [1, 2];")
    ({'tags': [1, 2]}, None)
    """
    text = _unwrapped(text)
    for change in (str, _without_undefined, html.unescape):
        try:
            return json.loads(change(text), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def values_in_code(script: str, least: int) -> Iterator[Any]:
    """Yield the objects and lists of JSON in a script of code that are written in at least so many characters, and
    texts of that length that may be JSON themselves.

    >>> list(values_in_code('window.state = {"a": [1, 2]}; run(state)', 5))
    [{'a': [1, 2]}]
    """
    decoder = json.JSONDecoder(strict=False)
    code = _without_undefined(_unwrapped(script))
    end, starts = 0, MAX_STARTS
    for start in _START.finditer(code):
        if start.end() < end:
            continue
        if not starts:
            break
        starts -= 1
        try:
            value, end = decoder.raw_decode(code, start.end())
        except (ValueError, RecursionError):
            continue
        is_data = not isinstance(value, str) or value.lstrip()[:1] in ("{", "[")
        if is_data and end - start.end() >= least:
            yield value


def texts_in_code(script: str) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of the texts of at least 100 characters in a script of code; the name is empty for a text that
    is given none.

    >>> [(name, len(text)) for name, text in texts_in_code(f"var body = '{'It rained. ' * 10}';")]
    [('body', 110)]
    """
    for match in _LITERAL.finditer(script):
        yield match[1] or "", _unescape(match[2][1:-1])


def _unwrapped(script: str) -> str:
    text = script.strip(_AROUND)
    for before, behind in _WRAPPERS.items():
        if text.startswith(before):
            text = text[len(before) :]
            end = next((end for end in behind if text.endswith(end)), "")
            text = text.removesuffix(end).strip(_AROUND)
    return text


def _without_undefined(text: str) -> str:
    return _UNDEFINED.sub("null", text)


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
    escaped = _BAD_ESCAPE.sub(lambda m: f"\\{m[1]}" if m[1] else f"\\u00{m[2]}" if m[2] else m[3] or "", text)
    escaped = _QUOTE.sub(lambda m: '\\"' if m[0] == '"' else m[0], escaped)
    try:
        return str(json.loads(f'"{escaped}"', strict=False))
    except ValueError:
        return text
