"""atheris on the two doors of the cleaner, seeded with the golden pages.

    python -m benchmarks.fuzz FOLDER [libFuzzer's options, such as -max_total_time=600]

Needs atheris (pip install atheris, in an environment that has this project's dependencies too). FOLDER keeps what it
found worth keeping; the golden pages are copied into it. It stops at the first page that breaks a promise of the door,
and writes that page beside the checkout's root as `crash-…`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cleaners"]):
    from cleaners import Article, clean, clean_text, load_rules, restore

PAGES = Path(__file__).resolve().parents[1] / "tests" / "pages"
RULES = load_rules()
NAMES = RULES.reasons().keys()
CONTROLS = {chr(code) for code in range(0x20)} - {"\t", "\n"}


def one(data: bytes) -> None:
    """Clean one input as a page and as text, and see that the promises hold."""
    article = clean(data, url="https://gazette.example/2026/11/21/storm-closes-harbour")
    keep_promises(article)
    text = data.decode("utf-8", "replace")
    found = clean_text(text)
    if restore(found) != text or any(text[r.start : r.end] != r.text for r in found.removals):
        raise AssertionError("text mode lost something")


def keep_promises(article: Article) -> None:
    """Raise AssertionError where an article of a page is not what the door promises."""
    if any(removal.rule not in NAMES for removal in article.removals):
        raise AssertionError("a removal without a rule")
    if CONTROLS & set(article.text):
        raise AssertionError("a control character in the text")
    at = 0
    for block in article.blocks:
        # the cells of a row stand in the text, parted by tabs
        if block.kind != "table" and (at := article.text.find(block.text, at)) < 0:
            raise AssertionError("a block that is not in the text, or not in its order")
    if not article.text and not article.flags:
        raise AssertionError("nothing found, and no flag that says so")
    article.as_dict()


def main() -> None:
    """Fuzz until libFuzzer's options end it."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for source in PAGES.glob("*/source.html"):
        (folder / source.parent.name).write_bytes(source.read_bytes())
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
