"""Read the cases of google/robotstxt as a crawl reads robots.txt, and show each answer that differs.

    python -m benchmarks.peers.robots robots_test.cc

The file is `robots_test.cc` of the repository google/robotstxt (Apache 2.0), which you fetch yourself. Cases that it
builds with loops are not read, and their number is printed. docs/politeness.md says why an answer differs.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from protego import Protego

from scraper.fetch.robots_file import rules_of

_STRING = r'"(?:[^"\\]|\\.)*"'
_TEXT = re.compile(rf"(?:absl::string_view|std::string)\s+(\w+)\s*=\s*((?:{_STRING}\s*)+);")
_CASE = re.compile(
    rf"EXPECT_(TRUE|FALSE)\(\s*IsUserAgentAllowed\(\s*(\w+|{_STRING}),\s*({_STRING}),\s*(\w+|(?:{_STRING}\s*)+)\)\s*\)"
)
_ANY_CASE = re.compile(r"EXPECT_(?:TRUE|FALSE)\(\s*IsUserAgentAllowed\(")


def cases(source: str) -> Iterator[tuple[str, str, str, str, bool]]:
    """Yield the name of each test with robots.txt, agent, URL, and whether Google allows it."""
    for test in re.split(r"(?m)^TEST\(", source)[1:]:
        name = test.partition(",")[2].partition(")")[0].strip()
        texts: dict[str, str] = {}
        # in the order of the file, since a test gives one name to several texts
        for found in re.finditer(f"{_TEXT.pattern}|{_CASE.pattern}", test):
            if found[1]:
                texts[found[1]] = _text(found[2], texts) or ""
                continue
            robots, url = _text(found[4], texts), _text(found[6], texts)
            if robots is not None and url is not None:
                yield name, robots, _text(found[5], {}) or "", url, found[3] == "TRUE"


def _text(expression: str, texts: dict[str, str]) -> str | None:
    if not expression.startswith('"'):
        return texts.get(expression)
    return "".join(ast.literal_eval(part) for part in re.findall(_STRING, expression))


def main() -> int:
    """Print the answers that differ, and how many cases were read."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "robots_test.cc")
    if not path.is_file():
        print(f"{path}: not found: fetch robots_test.cc of the repository google/robotstxt", file=sys.stderr)
        return 2
    source = path.read_text("utf-8")
    count = differing = 0
    for name, robots, agent, url, expected in cases(source):
        count += 1
        answer = Protego.parse(rules_of(robots.encode(), agent).decode()).can_fetch(url, agent)
        if answer != expected:
            differing += 1
            print(f"{name}: {agent} {'may' if answer else 'must not'} fetch {url or 'an empty URL'}")
    print(f"{count} cases read, {differing} answers differ; {len(_ANY_CASE.findall(source)) - count} cases not read")
    return 0


if __name__ == "__main__":
    sys.exit(main())
