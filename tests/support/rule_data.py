"""A data root with rules that somebody accepted, or has still to judge, and pages on which they fire."""

from __future__ import annotations

from pathlib import Path

from tests.support.shell import KEPT, PAGE

HOST = "post.example"
TIN = r"""
[[rule]]
id = "tin"
line = 'The parish had kept .*'
why = "the parish's own joke"
example = "The parish had kept the change."
keeps = "The parish kept the change."
version = 1
"""
ADS = """
[[rule]]
id = "ads"
drop = ["p.sold"]
why = "what is sold"
example = '<p class="sold">Lamps</p>'
keeps = '<p>Lamps</p>'
"""
EVIDENCE = """
[rule.evidence]
pages = 3
of = 4
share = 0.75
first_seen = "2026-11-20"
last_seen = "2026-11-21"
urls = ["https://post.example/1"]
removes = ["The parish had kept the change."]
characters = 93
position = "tail"
places = ["body/article/p"]
facts = ["it stands at the end of different texts"]
probability = 0.99
"""
ACCEPTED = f"inherit = true\n{TIN}accepted = '2026-11-22'\n{EVIDENCE}"
PROPOSED = f"inherit = true\n{TIN}{EVIDENCE}{ADS}"
PAGE_WITH_AD = PAGE.replace("<p>Advertisement</p>", '<p class="sold">Advertisement</p>')


def write_rules(data: Path, text: str = ACCEPTED, *, state: str = "sites", host: str = HOST) -> Path:
    """Write a host's rule file in a data root."""
    path = data / "rules" / state / f"{host}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def write_warc(path: Path, *hosts: str, pages: int = 2) -> Path:
    """Write a WARC file with so many pages of each host."""
    records = []
    for host in hosts:
        for number in range(pages):
            body = PAGE_WITH_AD.replace("Friday", f"day {number} of the week").encode()
            block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
            head = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://{host}/{number}\r\n"
                f"WARC-Date: 2026-11-20T03:04:05Z\r\nContent-Length: {len(block)}\r\n\r\n"
            )
            records.append(head.encode() + block + b"\r\n\r\n")
    path.write_bytes(b"".join(records))
    return path


def has_tin(text: str) -> bool:
    """Tell whether a text still has the line that the rule `tin` takes."""
    return KEPT[1] in text
