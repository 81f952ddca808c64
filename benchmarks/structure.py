"""Structure that Markdown keeps: code, cells of tables, formulas, links, items, headings and notes, beside trafilatura.

    python -m benchmarks.structure [--worst 10]

On `defuddle-dev`, whose gold is Markdown (half of the fixtures of kepano/defuddle). A figure is the share of the gold's
pieces that stand in the Markdown: cells are compared by their words, code and formulas without white space, items and
headings by their first 40 letters. The pieces are read by the scorer beside the corpora (../shared/bench/structure.py).

Many links of the gold are relative on the page, and absolute by an address that only the fixture's test knows: both
tools are measured without it and with it.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import re
import sys
from collections import Counter
from types import ModuleType

import trafilatura

from benchmarks import corpora
from benchmarks.quality import machine
from cleaners import clean, render

CORPUS = corpora.ROOT / "defuddle-dev"
_STATED = re.compile(rb'<!--\s*(\{"url".*?\})\s*-->')


def _scorer() -> ModuleType:
    path = corpora.ROOT.parent / "bench" / "structure.py"
    spec = importlib.util.spec_from_file_location("structure_scorer", path)
    if spec is None or spec.loader is None or not path.exists():
        sys.exit(f"benchmarks.structure: {path} is not here: put the development corpora beside the checkout")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def address_in_test(page_id: str, page: bytes) -> str:
    """Return the address that defuddle's test of a fixture gives: that of the comment at its beginning, which no page
    of the web has, else one made of the file's name.

    >>> address_in_test("general--wikipedia", b"<html>")
    'https://wikipedia'
    >>> address_in_test("general--blog", b'<!-- {"url": "https://a.example/"} -->')
    'https://a.example/'
    """
    stated = _STATED.search(page[:500])
    return str(json.loads(stated[1])["url"]) if stated else f"https://{re.sub('^[a-z]+--', '', page_id)}"


def ours(page: bytes, url: str | None) -> str:
    """Return a page's Markdown, with links."""
    return render(clean(page, url=url), "markdown", links=True)


def theirs(page: bytes, url: str | None) -> str:
    """Return the Markdown of trafilatura with all that it can keep."""
    options = {"include_formatting": True, "include_tables": True, "include_links": True, "include_comments": False}
    return trafilatura.extract(page, url=url, output_format="markdown", **options) or ""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--worst", type=int, default=0, help="list the pages on which most is missing, the address given"
    )
    args = parser.parse_args()
    scorer = _scorer()
    names = scorer.PIECES
    wanted: Counter[str] = Counter()
    tools = {"pressclip": ours, "trafilatura": theirs}
    kept = {(tool, stated): Counter[str]() for stated in (False, True) for tool in tools}
    missing = []
    for line in gzip.decompress((CORPUS / "gold.jsonl.gz").read_bytes()).decode().splitlines():
        gold = json.loads(line)
        page = gzip.decompress((CORPUS / "html" / f"{gold['id']}.html.gz").read_bytes())
        want = scorer.pieces(gold["text"])
        wanted.update({name: sum(want[name].values()) for name in names})
        for tool, stated in kept:
            got = scorer.pieces(tools[tool](page, address_in_test(gold["id"], page) if stated else None))
            kept[tool, stated].update({name: sum((want[name] & got[name]).values()) for name in names})
            if tool == "pressclip" and stated:
                lost = {name: n for name in names if (n := sum((want[name] - got[name]).values()))}
                missing.append((sum(lost.values()), gold["id"], lost))
    print(", ".join(f"{name} {value}" for name, value in machine().items()) + "\n")
    print(f"| | {' | '.join(names)} |\n| --- |{' ---: |' * len(names)}")
    print(f"| in the gold | {' | '.join(f'{wanted[name]:,}' for name in names)} |")
    for (tool, stated), counts in kept.items():
        shares = " | ".join(f"{counts[name] / max(1, wanted[name]):.2f}" for name in names)
        print(f"| {tool}{', address given' * stated} | {shares} |")
    for count, page_id, lost in sorted(missing, reverse=True, key=lambda one: one[0])[: args.worst]:
        print(f"{count:5d}  {page_id}  {lost}")


if __name__ == "__main__":
    main()
