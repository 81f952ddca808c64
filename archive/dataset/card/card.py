"""The dataset card: README.md with a header that `datasets.load_dataset` understands, figures and charts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.dataset.card.charts import write_charts
from archive.dataset.card.columns import rows_of, schema_of
from archive.dataset.card.markdown import Markup, escaped, figure, section, table
from archive.dataset.card.statistics import Statistics, read_statistics
from archive.dataset.table.database import row_files
from archive.dataset.table.schema import SCHEMA, SCHEMA_VERSION
from archive.files.whole import whole_file
from cleaners import RuleSet, load_rules

CARD = "README.md"
TITLE = "News articles"
OTHER = "other"
LISTED = 30
"""Lines of a table; `dataset stats --json` has all."""
MIN_LANGUAGE = 0.01
"""The share of rows from which a language stands in the header: below it are mostly short texts taken for another."""
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

    `license`: an identifier as dataset hubs know them; `options`: what the build was asked for; `rules`: those that it
    used, for the reasons of removals.
    """
    found = read_statistics(folder)
    charts = write_charts(folder, found)
    why = {rule.id: rule.why for rule in (rules or load_rules())} | _BLOCKS
    parts = [
        f"---\n{_header(folder, found, title, license)}---\n",
        f"# {escaped(title)}\n\n{_summary(found)}",
        _load(folder),
        *_figures(found, charts),
        section("What was taken out of the pages", *_removals(found, why, charts)),
        section("What was dropped", *_dropped(found)),
        section("Shared text", _shared(found)),
        section("Opt-outs", *_opt_outs(found)),
        section("Sources", *_sources(found)),
        section("Columns", _columns(folder)),
        section("How it was made, and how to rebuild it", *made(folder, found, options or {})),
        section("Limits, and what to check", limits(found)),
        section("License", _license(license)),
    ]
    with whole_file(folder / CARD) as half:
        half.write_text("\n".join(part for part in parts if part), "utf-8")
    return found


_BLOCKS = {
    "block/menu": "a block of links and labels without a paragraph",
    "block/link-list": "a list of links",
    "block/model": "a block that the model, by its place, links and words, takes for no part of the article",
    "block/wall": "what stands around a wall that hides the article",
}
"""Reasons of what no rule file has."""


def _header(folder: Path, found: Statistics, title: str, license_id: str) -> str:
    """Return the YAML header. JSON strings are YAML strings, whatever is in them."""
    rows = found.totals["rows"]
    size = next((name for place, name in enumerate(_SIZES) if rows < 10 ** (place + 3)), "n>10B")
    languages = [code for code, count, *_ in found.languages if code != "unknown" and count >= MIN_LANGUAGE * rows]
    lines = [f"pretty_name: {json.dumps(title)}", f"license: {json.dumps(license_id)}"]
    lines += ["language:", *(f"- {json.dumps(code)}" for code in languages)] if languages else []
    lines += ["size_categories:", f"- {json.dumps(size)}", "task_categories:", "- text-generation"]
    lines += ["tags:", "- news", "- web", "- pressclip", "configs:"]
    for name, part, first in (("default", "data", True), ("dropped", "dropped", False)):
        if files := row_files(folder, "data" if first else "dropped"):
            lines += [f"- config_name: {name}", *["  default: true"] * first, "  data_files:"]
            for split in splits_of(files):
                ending = files[0].name.partition(".")[2]
                lines += [f"  - split: {split}", f"    path: {part}/{split}-*.{ending}"]
    return "\n".join(lines) + "\n"


def _summary(found: Statistics) -> str:
    totals = found.totals
    sites = "1 site" if totals["hosts"] == 1 else f"{totals['hosts']:,} sites"
    text = f"{totals['rows']:,} articles from {sites}: {totals['words']:,} words, "
    text += f"{totals['characters']:,} characters."
    if totals["first_published"]:
        text += f" Published from {totals['first_published']} to {totals['last_published']}"
        text += f" ({totals['rows'] - totals['dated']:,} without a date)."
    if totals["first_fetched"]:
        text += f" Fetched from {totals['first_fetched']} to {totals['last_fetched']}."
    return f"{text}\n\nEvery row says where it is from and what was taken out of it by which rule.\n"


def _load(folder: Path) -> str:
    files = row_files(folder)
    first = splits_of(files)[0]
    code = f'from datasets import load_dataset\n\nrows = load_dataset("DIR", split="{first}")'
    asks = "duckdb -c \"SELECT host, count(*) FROM 'DIR/data/*.parquet' GROUP BY host\"\n"
    also = f"\n```sh\n{asks}```\n" if files[0].suffix == ".parquet" else ""
    return section("Load it", "DIR is this folder, or its name on a hub.", f"```python\n{code}\n```", also)


def _figures(found: Statistics, charts: Mapping[str, str]) -> Iterator[str]:
    pictures = {path: figure(path, title) for path, title in charts.items()}
    splits = table(("split", "rows", "words", "characters"), found.splits)
    yield section("Figures", splits, pictures.get("charts/length.svg", ""), pictures.get("charts/dates.svg", ""))
    languages = [(code, rows, words) for code, rows, words in found.languages[:LISTED]]
    yield section(
        "Languages", pictures.get("charts/languages.svg", ""), table(("language", "rows", "words"), languages)
    )
    sites = table(("site", "rows", "words", "from", "to"), found.hosts[:LISTED])
    yield section("Sites", pictures.get("charts/sites.svg", ""), sites, _more(len(found.hosts), "sites"))
    yield section(
        "Access",
        "Whether the page showed the whole article.",
        table(("verdict", "rows"), found.access),
    )
    signals = table(("column", "least", "1st quarter", "median", "3rd quarter", "greatest"), found.quartiles)
    yield section(
        "Quality signals",
        "What the filters of C4, Gopher and FineWeb look at; only the option `where`, if it stands below, has filtered "
        "by it. Of a yes or no, the share of rows that say yes stands under median.",
        signals,
    )
    pii = table(("kind", "rows with some", "in all"), found.pii)
    yield section("Personal data", "Counted by pattern in the texts, not masked.", pii)


def _removals(found: Statistics, why: Mapping[str, str], charts: Mapping[str, str]) -> Iterator[str]:
    if not found.removals:
        return
    times, characters = sum(row[1] for row in found.removals), sum(row[2] for row in found.removals)
    yield f"{times:,} pieces, {characters:,} characters, all of them in the column `removed`."
    yield "".join(figure(path, title) for path, title in charts.items() if path.endswith("removals.svg"))
    rows = [
        (rule, times, rows, characters, why.get(rule, "")) for rule, times, characters, rows in found.removals[:LISTED]
    ]
    yield table(("rule", "times", "rows", "characters", "why"), rows)
    yield _more(len(found.removals), "rules")


def _dropped(found: Statistics) -> Iterator[str]:
    if found.dropped:
        yield (
            f"{found.totals['dropped']:,} rows are in dropped/, each with its reason; a duplicate names the row that "
            "was kept and the measured similarity."
        )
        yield table(("reason", "rows", "characters", "least similarity", "median similarity"), found.dropped)


def _shared(found: Statistics) -> str:
    rows, links, words, quoted = found.shared
    if not rows:
        return ""
    return (
        f"{rows:,} rows share text with others: {links:,} links in `shared_with`, {words or 0:,} words, of which "
        f"{quoted or 0:,} stand in quotation marks. Agency reports, press releases and quotations are shared by many; "
        "the column says what is in common, not who had it first, and nothing was dropped for it.\n"
    )


def _opt_outs(found: Statistics) -> Iterator[str]:
    asked, rows = found.totals["asked"], found.totals["rows"]
    yield (
        f"Of {asked:,} of {rows:,} rows it is known what the site said about the use of its pages when they were "
        "fetched. No row was left out for it: whoever uses the dataset decides, and should look at what the sites say "
        "now."
    )
    yield table(("signal", "value", "rows", "first seen", "last seen"), found.opt_outs[:LISTED])
    yield _more(len(found.opt_outs), "signals")


def _sources(found: Statistics) -> Iterator[str]:
    yield f"{found.source_files:,} files."
    yield table(("file or folder", "rows", "words"), found.sources[:LISTED])
    yield _more(len(found.sources), "files or folders")


def _columns(folder: Path) -> str:
    schema = schema_of(row_files(folder)[0], SCHEMA)
    rows = [(name, kind, Markup(meaning)) for name, kind, meaning, _ in rows_of(schema) if "." not in name]
    return table(("column", "type", "meaning"), rows)


def _more(number: int, what: str) -> str:
    return f"{number - LISTED:,} more {what}: `pressclip dataset stats DIR --json`." if number > LISTED else ""


def _license(license_id: str) -> str:
    if license_id != OTHER:
        return f"{escaped(license_id)}, as whoever built this dataset states it. The articles are their publishers'.\n"
    return (
        "Not stated yet: say here under which terms this dataset may be used, and put the identifier into the header "
        "(or `pressclip dataset card DIR --license ID`). The articles are their publishers': what may be done with "
        "them depends on their terms and on the law where you are.\n"
    )


def splits_of(files: Sequence[Path]) -> list[str]:
    """Return the splits of row files: train first, where there is one, as readers expect it."""
    names = {path.name.partition("-")[0] for path in files}
    return sorted(names, key=lambda name: (name != "train", name))


def made(folder: Path, found: Statistics, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the dataset was made and how to make it again."""
    yield (
        f"Built by `pressclip dataset build`, schema version {SCHEMA_VERSION}: pages are read from WARC files, folders "
        "or text corpora, cleaned by rules that leave a record of what they take, compared with each other, and split "
        "so that duplicates and rows that share text stay together."
    )
    yield table(("extractor", "version", "rules", "rows"), found.versions)
    asked = [(name, json.dumps(value, ensure_ascii=False)) for name, value in options.items() if value not in ("", [])]
    yield table(("option", "value"), asked)
    yield (
        "To rebuild: take the inputs that manifest.json lists, with the same hashes, and the versions above, and run "
        "`pressclip dataset build INPUT... --out DIR` with the same options. The same inputs and versions give the "
        "same row files, byte for byte; manifest.json has their hashes: `pressclip dataset check DIR` compares them."
    )


def limits(found: Statistics) -> str:
    """Return what a user should know and check, as a list; figures where there are some."""
    rows = found.totals["rows"]
    partial = sum(count for verdict, count, *_ in found.access if verdict not in ("full", "unknown", "not judged"))
    undated = rows - found.totals["dated"]
    points = [
        "The texts are what publishers wrote: nobody has checked them for truth, and views and errors are theirs.",
        "Which pages are here depends on what was crawled: it is no sample of anything but that.",
        "Cleaning errs both ways: some debris stays, some text of an article is taken. `removed` has the latter; look "
        "at a few dozen rows of each site that matters to you.",
        f"Incomplete texts: {partial:,} rows show a teaser or stand behind a wall, and `unknown` is no promise: "
        "`access = 'full'` keeps the rest away.",
        "`language` is a guess by the text's first 1,000 characters: unsure below a `language_score` of 0.5.",
        f"`published` is the page's own word; {undated:,} rows have none.",
        "Word counts and word signals say little of languages that set no blanks, such as Chinese, Japanese and Thai.",
        "Articles name people, and personal data is counted by pattern: some counts are false, some data is not seen. "
        "What the law of your country asks of you is yours to find out.",
        "Opt-outs are of the day of the fetch.",
    ]
    top = found.hosts[0] if found.hosts else None
    if top and rows and top[1] > rows / 4:
        points.insert(2, f"One site, {escaped(top[0])}, has {top[1] / rows:.0%} of the rows.")
    return "\n".join(f"* {point}" for point in points) + "\n"
