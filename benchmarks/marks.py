"""Mark lines of the planted hosts as debris, rightly and wrongly, and count which rules follow and what they take.

    python -m benchmarks.marks

On ten pages of each host each planted line that the cleaner keeps is marked once, and on each page one line of the
article, as by a person who is mistaken.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

from benchmarks.planted import Host, hosts, outcome
from benchmarks.planted.learning import cleaned, hashed_page, in_force
from cleaners import load_rules
from cleaners.learn import line_hash, page_occurrences, propose_marked

PAGES = 10


def marks(host: Host) -> Iterator[tuple[str, bool, bool]]:
    """Yield for each mark what it is of, whether a rule follows, and whether that takes other text of articles."""
    rules, chance = load_rules(), random.Random(host.address)
    pages = {f"https://{host.address}{page.path}": page for page in host.pages(PAGES)}
    before = cleaned(pages)
    hashed = [hashed_page(url, pages[url].day, article) for url, article in before.items()]
    occurrences = {
        page.url: page_occurrences(pages[page.url].html, url=page.url, charset="utf-8", page=page, rules=rules)
        for page in hashed
    }
    chosen: dict[str, tuple[str, str, str]] = {}
    for url, page in pages.items():
        kept = before[url].text.splitlines()
        for plant in page.planted:
            if plant.text in kept and not plant.glued:
                chosen.setdefault(plant.id, ("planted lines", url, plant.text))
        if gold := [line for line in page.gold if line in kept]:
            chosen[url] = ("lines of articles", url, chance.choice(gold))
    for kind, url, line in chosen.values():
        proposal = propose_marked(host.address, hashed, occurrences, rules, url=url, line=line)
        if isinstance(proposal, str):
            yield kind, False, False
            continue
        found = outcome(host.address, pages, before, cleaned(pages, in_force(host.address, [proposal])), [proposal])
        lost = (text for texts in found.wrong.values() for text in texts)
        yield kind, True, any(line_hash(text) != line_hash(line) for text in lost)


def main() -> None:
    """Mark, count and print."""
    for folder in ("hosts", "unseen"):
        counts: Counter[tuple[str, str]] = Counter()
        for kind, has_rule, takes_text in (mark for host in hosts(folder) for mark in marks(host)):
            counts.update([(kind, "marked"), *[(kind, "rule")] * has_rule, *[(kind, "text")] * takes_text])
        for kind in ("planted lines", "lines of articles"):
            marked, ruled, text = (counts[kind, name] for name in ("marked", "rule", "text"))
            print(f"{folder:7} {kind:18} {marked:4} marked, {ruled:4} with a rule, {text} of which take other text")


if __name__ == "__main__":
    main()
