"""Write the dataset card: README.md with a header that `datasets.load_dataset` understands, figures and charts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.dataset.card.charts import write_charts
from archive.dataset.card.columns import rows_of, schema_of
from archive.dataset.card.markdown import Markup, escaped, figure, section, table
from archive.dataset.card.statistics import Statistics, read_statistics
from archive.dataset.table.database import PARTS, row_files
from archive.dataset.table.schema import SCHEMA, SCHEMA_VERSION
from archive.files.whole import write_whole
from cleaners import DOUBTFUL_BELOW, RuleSet, load_rules

CARD = "README.md"
TITLE = "News articles"
OTHER = "other"
LISTED = 30
"""The most lines of a table. `dataset stats --json` has all."""
MIN_LANGUAGE = 0.01
"""The least share of rows of a language in the header. Rarer ones are mostly wrong guesses for short texts."""
_SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B")


def write(
    folder: Path,
    *,
    title: str = TITLE,
    license: str = OTHER,
    options: Mapping[str, Any] | None = None,
    rules: RuleSet | None = None,
) -> Statistics:
    """Write README.md and charts/ of the dataset whose row files are in `folder`, and return the figures.

    `license`: an identifier as dataset hubs use it; `options`: the options of the build; `rules`: its rules, which give
    the reasons of removals.
    """
    statistics = read_statistics(folder)
    charts = {path: figure(path, title) for path, title in write_charts(folder, statistics).items()}
    why = (rules or load_rules()).reasons()
    parts = [
        f"---\n{_header(folder, statistics, title, license)}---\n",
        f"# {escaped(title)}\n\n{_summary(statistics)}",
        _load(folder),
        *_figures(statistics, charts),
        section("What was taken out of the pages", *_removals(statistics, why, charts)),
        section("What was dropped", *_dropped(statistics)),
        section("Shared text", _shared(statistics)),
        section("Opt-outs", *_opt_outs(statistics)),
        section("Sources", *_sources(statistics)),
        section("Columns", _columns(folder)),
        section("How it was made, and how to rebuild it", *_how_built(statistics, options or {})),
        section("Limits, and what to check", "".join(f"* {point}\n" for point in limits(statistics))),
        section("License", _license(license)),
    ]
    write_whole(folder / CARD, "\n".join(filter(None, parts)))
    return statistics


def _header(folder: Path, statistics: Statistics, title: str, license_id: str) -> str:
    """Return the YAML header. Every JSON string is a YAML string too."""
    rows = statistics.totals["rows"]
    size = next((name for place, name in enumerate(_SIZES) if rows < 10 ** (place + 3)), "n>10B")
    languages = [code for code, count, *_ in statistics.languages if code != "unknown" and count >= MIN_LANGUAGE * rows]
    lines = [f"pretty_name: {json.dumps(title)}", f"license: {json.dumps(license_id)}"]
    lines += ["language:", *(f"- {json.dumps(code)}" for code in languages)] if languages else []
    lines += ["size_categories:", f"- {json.dumps(size)}", "task_categories:", "- text-generation"]
    lines += ["tags:", "- news", "- web", "- pressclip", "configs:"]
    for part in PARTS:
        if files := row_files(folder, part):
            name = ["- config_name: default", "  default: true"] if part == "data" else ["- config_name: dropped"]
            lines += [*name, "  data_files:"]
            for split in splits_of(files):
                ending = files[0].name.partition(".")[2]
                lines += [f"  - split: {split}", f"    path: {part}/{split}-*.{ending}"]
    return "\n".join(lines) + "\n"


def _summary(statistics: Statistics) -> str:
    totals = statistics.totals
    sites = "1 site" if totals["hosts"] == 1 else f"{totals['hosts']:,} sites"
    text = f"{totals['rows']:,} articles from {sites}: {totals['words']:,} words, {totals['characters']:,} characters."
    if totals["first_published"]:
        text += f" Published from {totals['first_published']} to {totals['last_published']}"
        text += f" ({totals['rows'] - totals['dated']:,} without a date)."
    if totals["first_fetched"]:
        text += f" Fetched from {totals['first_fetched']} to {totals['last_fetched']}."
    return f"{text}\n\nEvery row names its source, and what was taken out of it by which rule.\n"


def _load(folder: Path) -> str:
    files = row_files(folder)
    python = f'from datasets import load_dataset\n\nrows = load_dataset("DIR", split="{splits_of(files)[0]}")'
    shell = "duckdb -c \"SELECT host, count(*) FROM 'DIR/data/*.parquet' GROUP BY host\""
    also = f"```sh\n{shell}\n```" if files[0].suffix == ".parquet" else ""
    return section("Load it", "DIR is this folder, or its name on a hub.", f"```python\n{python}\n```", also)


def _figures(statistics: Statistics, charts: Mapping[str, str]) -> Iterator[str]:
    splits = table(("split", "rows", "words", "characters"), statistics.splits)
    yield section("Figures", splits, charts.get("charts/length.svg", ""), charts.get("charts/dates.svg", ""))
    languages = table(("language", "rows", "words"), statistics.languages[:LISTED])
    yield section("Languages", charts.get("charts/languages.svg", ""), languages)
    sites = table(("site", "rows", "words", "from", "to"), statistics.hosts[:LISTED])
    yield section("Sites", charts.get("charts/sites.svg", ""), sites, _more(len(statistics.hosts), "sites"))
    yield section("Access", "Whether the page showed the whole article.", table(("verdict", "rows"), statistics.access))
    kinds = [(kind, rows, low, median) for kind, rows, low, median in statistics.kinds if kind != "not judged"]
    yield section(
        "Kinds of pages",
        "What kind each page is, and how likely its text is right: below a confidence of "
        f"{DOUBTFUL_BELOW} it is more likely wrong.",
        table(("kind", "rows", f"rows below {DOUBTFUL_BELOW}", "median confidence"), kinds),
    )
    signals = table(("column", "minimum", "1st quartile", "median", "3rd quartile", "maximum"), statistics.quartiles)
    yield section(
        "Quality signals",
        "The signals that the filters of C4, Gopher and FineWeb use. Rows were filtered by them only if the option "
        "`where` is listed below. For a yes-or-no signal, the median is the share of rows with yes.",
        signals,
    )
    pii = table(("kind", "rows with any", "total"), statistics.pii)
    yield section("Personal data", "Counted by pattern in the texts; nothing is masked.", pii)


def _removals(statistics: Statistics, why: Mapping[str, str], charts: Mapping[str, str]) -> Iterator[str]:
    if not statistics.removals:
        return
    times, characters = sum(row[1] for row in statistics.removals), sum(row[2] for row in statistics.removals)
    yield f"{times:,} pieces, {characters:,} characters. All are in the column `removed`."
    yield charts.get("charts/removals.svg", "")
    listed = statistics.removals[:LISTED]
    rows = [(rule, times, rows, characters, why.get(rule, "")) for rule, times, characters, rows in listed]
    yield table(("rule", "times", "rows", "characters", "reason"), rows)
    yield _more(len(statistics.removals), "rules")


def _dropped(statistics: Statistics) -> Iterator[str]:
    if statistics.dropped:
        yield (
            f"{statistics.totals['dropped']:,} rows are in dropped/, each with its reason. A duplicate names the row "
            "that was kept, and the measured similarity to it."
        )
        yield table(("reason", "rows", "characters", "minimum similarity", "median similarity"), statistics.dropped)


def _shared(statistics: Statistics) -> str:
    rows, links, words, quoted = statistics.shared
    if not rows:
        return ""
    return (
        f"{rows:,} rows share text with others: {links:,} links in `shared_with`, {words or 0:,} words, of which "
        f"{quoted or 0:,} are in quotation marks. Many texts share agency reports, press releases and quotations. The "
        "column tells what is shared, not who published it first, and no row was dropped for it.\n"
    )


def _opt_outs(statistics: Statistics) -> Iterator[str]:
    archived, rows = statistics.totals["archived"], statistics.totals["rows"]
    yield (
        f"{archived:,} of {rows:,} rows have an archived response, whose headers and elements state what the site "
        "wants of those who use its pages; robots.txt, tdmrep.json and licence files are known only where the archive "
        "has them. No row was left out because of that unless a condition did it: you decide, and should check what "
        "the sites state now. `refused` means that at least one statement refuses the use, `conditional` that a "
        "licence asks for payment or attribution; `contradictory` counts those rows again of which another statement "
        "allows it."
    )
    yield table(("use", "answer", "rows"), statistics.uses)
    yield table(("signal", "value", "rows", "first seen", "last seen"), statistics.opt_outs[:LISTED])
    yield _more(len(statistics.opt_outs), "signals")


def _sources(statistics: Statistics) -> Iterator[str]:
    yield f"{statistics.source_files:,} files."
    yield table(("file or folder", "rows", "words"), statistics.sources[:LISTED])
    yield _more(len(statistics.sources), "files or folders")


def _columns(folder: Path) -> str:
    schema = schema_of(row_files(folder)[0], SCHEMA)
    rows = [(name, kind, Markup(meaning)) for name, kind, meaning, _ in rows_of(schema) if "." not in name]
    return table(("column", "type", "meaning"), rows)


def _more(number: int, things: str) -> str:
    return f"{number - LISTED:,} more {things}: `pressclip dataset stats DIR --json`." if number > LISTED else ""


def _license(license_id: str) -> str:
    if license_id != OTHER:
        return f"{escaped(license_id)}, as the builder of this dataset states. The articles belong to their publishers."
    return (
        "Not stated yet. State here under which terms this dataset may be used, and put the identifier into the header "
        "(or run `pressclip dataset card DIR --license ID`). The articles belong to their publishers: what you may do "
        "with them depends on their terms and on the law of your country.\n"
    )


def splits_of(files: Sequence[Path]) -> list[str]:
    """Return the splits of row files, train first, as readers expect it."""
    names = {path.name.partition("-")[0] for path in files}
    return sorted(names, key=lambda name: (name != "train", name))


def _how_built(statistics: Statistics, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the dataset was built and how to build it again."""
    yield (
        f"Built by `pressclip dataset build`, schema version {SCHEMA_VERSION}. Pages are read from WARC files, folders "
        "or text corpora, cleaned by rules that record what they take out, compared with each other, and split so that "
        "duplicates and rows that share text stay together."
    )
    yield table(("extractor", "version", "rules", "rows"), statistics.versions)
    given = [(name, json.dumps(value, ensure_ascii=False)) for name, value in options.items() if value not in ("", [])]
    yield table(("option", "value"), given)
    yield (
        "To build it again, take the inputs that manifest.json lists, with the same hashes and the versions above, and "
        "run `pressclip dataset build INPUT... --out DIR` with the same options. The same inputs and versions give the "
        "same row files, byte for byte. manifest.json has their hashes, which `pressclip dataset check DIR` compares."
    )


def partial_rows(statistics: Statistics) -> int:
    """Return how many rows have only a part of their article."""
    return sum(count for verdict, count in statistics.access if verdict not in ("full", "unknown", "not judged"))


def limits(statistics: Statistics) -> list[str]:
    """Return what a user should know and check, in Markdown."""
    rows, partial = statistics.totals["rows"], partial_rows(statistics)
    undated = rows - statistics.totals["dated"]
    low = sum(count for _, _, count, _ in statistics.kinds)
    points = [
        "The texts are what publishers wrote. Nobody has checked them for truth; opinions and errors are theirs.",
        "Which pages are here depends on what was crawled: the dataset is not a representative sample.",
        "Cleaning makes errors of both kinds: some boilerplate stays, and some text of an article is moved to "
        "`removed`. Look at a few dozen rows of each site that matters to you.",
        f"Incomplete texts: {partial:,} rows have a teaser or the text around a wall, and `unknown` may be either. "
        "Filter by `access = 'full'` to leave them out.",
        f"Doubtful texts: {low:,} rows have a confidence below {DOUBTFUL_BELOW}: their texts are more likely wrong "
        f"than right. Filter by `confidence >= {DOUBTFUL_BELOW}` to leave them out.",
        "`language` is guessed from the first 1,000 characters. Below a `language_score` of 0.5 it is uncertain.",
        f"`published` is what the page declares; {undated:,} rows have no date.",
        "Word counts and word signals mean little for languages without spaces, such as Chinese, Japanese and Thai.",
        "Articles name people. Personal data is counted by pattern, so some counts are wrong and some data is missed. "
        "You must find out what the law of your country demands of you.",
        "Opt-outs are those of the day of the fetch.",
    ]
    top = statistics.hosts[0] if statistics.hosts else None
    if top and rows and top[1] > rows / 4:
        points.insert(2, f"One site, {escaped(top[0])}, has {top[1] / rows:.0%} of the rows.")
    return points
