"""What `--help` says of each command besides its options: examples, exit codes and environment variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import click

EXITS = {
    0: "all well",
    2: "wrong use, or something cannot be read or written",
    130: "interrupted",
}
"""The exit codes of every command. What a command adds is in its manual."""

VARIABLES = {
    "PRESSCLIP_CONTACT": "as --contact: where a site can reach you",
    "PRESSCLIP_DATA": "as --data: the data root",
    "PRESSCLIP_FRONTIER": "as --frontier: the database of a shared crawl",
    "PRESSCLIP_WAYBACK": "the path of pywb's program `wayback`, if it is not on the PATH",
    "TMPDIR": "where the temporary folder is made",
}
"""Every environment variable that a command reads. Those of options are found by the options' own declarations."""


@dataclass(frozen=True, slots=True)
class Manual:
    """What a command's help has besides its options."""

    examples: Mapping[str, str]
    """Command lines, each with what it does."""
    exits: Mapping[int, str] = field(default_factory=dict)
    """Exit codes that are not in EXITS, or that mean something else here."""
    variables: tuple[str, ...] = ()
    """Names of VARIABLES that the command reads without an option."""


MANUALS = {
    "": Manual(
        {
            "pressclip clean page.html": "the text of a page",
            "pressclip crawl https://example.com/ --contact you@example.org": "the articles of a site",
            "pressclip demo": "four invented sites on this machine: no network needed",
        },
        {
            1: "some inputs failed, or a difference was found",
            3: "nothing was found, or all inputs failed",
            4: "refused by policy: robots.txt, or an address that is not public",
        },
        tuple(VARIABLES),
    ),
    "archive": Manual(
        {
            "pressclip archive search harbour": "articles with this word",
            "pressclip archive verify": "is everything whole?",
        },
        {1: "some inputs failed, or a difference was found", 3: "nothing was found, or all inputs failed"},
    ),
    "archive export": Manual(
        {
            "pressclip archive export --out texts": "each article as a Markdown file with front matter",
            "pressclip archive export --out texts --format text --no-front-matter": "the bare texts",
            "pressclip archive export --out texts --links --jobs 4": "with the addresses of links, in four processes",
            "pressclip archive export --out texts --site example.com --skip-existing": "what came since, of a site",
        },
        {1: "some texts cannot be read, or files are in their place", 3: "nothing found, or nothing written"},
    ),
    "archive front": Manual(
        {
            "pressclip archive front example.com --since 2026-11-21": "which stories stood first, when, and all others",
            "pressclip archive front https://example.com/ --since 2026-11-21 --chart places.svg": "also drawn",
            "pressclip archive front example.com --since 2026-11-21 --json": "every capture with its ranked links",
        },
        {1: "a capture cannot be read", 3: "no front page was kept within these days"},
    ),
    "archive import": Manual(
        {
            "pressclip archive import other.warc.gz": "wget's, browsertrix's, Common Crawl's",
            "pressclip archive import other.warc.gz --collection old --no-clean": "the captures only",
        },
        {1: "some files failed, or some records were left out", 3: "all files failed"},
    ),
    "archive list": Manual(
        {
            "pressclip archive list --site example.com": "the articles of a site: day, language, URL and title",
            "pressclip archive list --since 2026-11-01 --format csv": "for a spreadsheet",
            "pressclip archive list --limit 1000 --after https://example.com/story": "the next thousand",
        },
        {3: "no article found"},
    ),
    "archive pack": Manual(
        {
            "pressclip archive pack --out news.wacz": "for ReplayWeb.page, with the texts for its search",
            "pressclip archive pack --out example.wacz --site example.com --since 2026-11-01": "a part of it",
            "pressclip archive pack --out news.wacz --sign-key bot.pem": "signed, by a key of `pressclip key new`",
        },
        {1: "files that are still being written were left out"},
    ),
    "archive rebuild": Manual(
        {"pressclip archive rebuild": "catalog, indexes and manifests again, from the files alone"},
        {1: "a file is damaged, or differs from the old manifest"},
    ),
    "archive reclean": Manual(
        {
            "pressclip archive reclean --dry-run": "what would today's rules change?",
            "pressclip archive reclean --jobs 2": "new texts beside the old ones",
            "pressclip archive reclean --dry-run --proposed": "what would the proposed rules take?",
        },
        {1: "some pages failed", 3: "no page to clean", 130: "interrupted; the same command goes on"},
    ),
    "archive recover": Manual(
        {"pressclip archive recover": "seal what a killed process left, copy what is whole in damaged files"},
        {1: "a file is damaged"},
    ),
    "archive replay": Manual(
        {
            "pressclip archive replay": "http://127.0.0.1:8080/",
            "pressclip archive replay --port 0": "at any free port",
        },
        {0: "ended with Ctrl-C"},
        ("PRESSCLIP_WAYBACK",),
    ),
    "archive rights": Manual(
        {
            "pressclip archive rights": "how many pages say what about their use",
            "pressclip archive rights --reread": "read it again out of the stored records, without a request",
        },
        {1: "a file cannot be read"},
    ),
    "archive search": Manual(
        {
            "pressclip archive search harbour 'outer breakwater'": "articles with this word and these two side by side",
            "pressclip archive search 'harb*' OR quay --site example.com --since 2026-11-01": "any of these words",
            "pressclip archive search --language en --json": "no words: the newest in English, as JSON",
        },
        {3: "no article found"},
    ),
    "archive show": Manual(
        {
            "pressclip archive show https://example.com/story": "captures, WARC file and offset, text, removals",
            "pressclip archive show https://example.com/story --diff": "how its text changed",
            "pressclip archive show https://example.com/story --format markdown": "with lists, tables and code",
            "pressclip archive show https://example.com/story --at 2026-11-21": "the capture of that day",
            "pressclip archive show https://example.com/story --timemap": "all captures by RFC 7089",
        },
        {1: "a text of it cannot be read", 3: "the page is not in the archive"},
    ),
    "archive verify": Manual(
        {
            "pressclip archive verify": "every record, file, row and index line against each other",
            "pressclip archive verify --collection news --full --json": "one collection, all checks, as JSON lines",
            "pressclip archive verify news.wacz --signed-by directory.json": "a packed file, and who signed it",
        },
        {1: "there are findings"},
    ),
    "clean": Manual(
        {
            "pressclip clean page.html": "the text of a page",
            "pressclip clean https://example.com/story --explain": "with each removal and its reason",
            "pressclip clean pages/ crawl.warc.gz --format jsonl --jobs 8": "many pages, one line of JSON each",
            "pressclip clean pages/ --output texts --skip-existing": "a file for each page that has none yet",
            "pressclip clean page.html --format json --language auto": "also its language, if it declares none",
            "pressclip clean page.html --keep captions,headline,byline": "with these at their places",
            "pressclip clean corpus.txt --text-mode": "debris lines out of text that was already extracted",
            "pressclip clean CC-MAIN.warc.wet.gz --text-mode --format jsonl": "out of each text of a WET file",
            "pressclip clean corpus.jsonl --text-mode --learn": "also what comes back on the texts of a host",
        },
        {
            1: "some sources failed",
            3: "all sources failed, or no text was found",
            4: "refused by policy: robots.txt, or an address that is not public",
        },
    ),
    "config": Manual(
        {
            "pressclip config": "what holds here",
            "pressclip config --json --data archive": "as JSON, for another data root",
        },
    ),
    "crawl": Manual(
        {
            "pressclip crawl seeds/news.toml --contact you@example.org": "fetch, archive, clean; again to go on",
            "pressclip crawl seeds/news.toml --contact you@example.org --due --log crawl.jsonl": "for a timer",
            "pressclip crawl seeds/news.toml --contact you@example.org --ping https://hc.example/id": "tells a monitor",
            "pressclip crawl example.com": "a site: its sources are looked for first, and kept in the data root",
            "pressclip crawl https://example.com/story": "one page",
        },
        {
            1: "some pages failed, or another crawl holds the data root (with --due that is 0)",
            3: "all failed, no source was read either, or a site has no sources",
            4: "nothing was fetched, no source either: robots.txt, or an address that is not public",
            130: "interrupted; the same command goes on",
        },
    ),
    "dataset": Manual(
        {
            "pressclip dataset build --collection news --out dataset": "Parquet files, card and proofs",
            "pressclip dataset check dataset": "is it whole, and as it was built?",
        },
        {1: "some inputs failed, or a difference was found", 3: "no row was kept"},
    ),
    "dataset build": Manual(
        {
            "pressclip dataset build --collection news --out dataset": "of a collection of the data root",
            "pressclip dataset build CC-NEWS.warc.gz pages/ --out dataset --where \"language = 'en'\"": "of files",
            "pressclip dataset build --collection news --out dataset --update": "again, with what came since",
        },
        {
            1: "some rows failed, or some inputs cannot be read",
            3: "no row was kept, or no input can be read",
            130: "interrupted; the same command goes on",
        },
    ),
    "dataset card": Manual(
        {
            "pressclip dataset card dataset --title 'News of 2026' --license CC-BY-4.0": "the card again, with these",
            "pressclip dataset card dataset --url https://example.com/news --published 2026-12-01": "published there",
        },
    ),
    "dataset check": Manual(
        {
            "pressclip dataset check dataset": "files and hashes",
            "pressclip dataset check dataset CC-NEWS.warc.gz": "each row made again from its source, too",
            "pressclip dataset check dataset --signed-by directory.json": "and signed by a key of this directory",
        },
        {1: "there are findings"},
    ),
    "dataset diff": Manual(
        {"pressclip dataset diff dataset dataset-new": "which rows differ, and by which rule"},
        {0: "the same rows", 1: "different rows"},
    ),
    "dataset finish": Manual(
        {
            "pressclip dataset finish dataset": "after all machines have built their part",
            "pressclip dataset finish /share/news --machine 2/3": "on the second of three machines, which share this",
        },
        {1: "some rows failed", 3: "no row was kept"},
    ),
    "dataset rebuild": Manual(
        {"pressclip dataset rebuild recipe.jsonl.gz CC-NEWS.warc.gz --out again": "the same rows, proved"},
        {1: "rows got another text (with --other-versions)"},
    ),
    "dataset recipe": Manual(
        {"pressclip dataset recipe dataset --out recipe.jsonl.gz": "places and hashes, no text: it may be published"},
    ),
    "dataset stats": Manual(
        {
            "pressclip dataset stats dataset": "rows, languages, sites, removals",
            "pressclip dataset stats dataset --json": "all of them",
        },
    ),
    "dataset summary": Manual(
        {
            "pressclip dataset summary dataset --eu --out summary.md": "a draft with marks where the provider goes on",
            "pressclip dataset summary dataset --eu --small --json": "for a small provider, its figures as JSON",
        },
    ),
    "demo": Manual(
        {
            "pressclip demo": "in a new temporary folder",
            "pressclip demo --data demo": "in a folder to look at afterwards",
            "pressclip demo --serve": "then look at the sites, the articles and what was removed, in a browser",
            "pressclip demo --sites --port 8701": "only the sites, to try other commands on them",
        },
        {1: "a text is not the true text"},
        ("TMPDIR",),
    ),
    "discover": Manual(
        {
            "pressclip discover example.com": "the seed file on standard output",
            "pressclip discover https://example.com/ --out seeds/example.toml": "in a file, for `pressclip crawl`",
        },
        {
            3: "no page could be read, or no source was found",
            4: "refused by policy: robots.txt, or an address that is not public",
        },
    ),
    "docs": Manual(
        {
            "pressclip docs": "all pages",
            "pressclip docs recipes/javascript": "one page",
            "pressclip docs seeds/world.toml": "a seed list; `> world.toml` keeps it",
        },
    ),
    "key": Manual(
        {
            "pressclip key new bot.pem": "a key that only you may read; prints its id",
            "pressclip key directory bot.pem": "what a site of yours serves, so that others can check",
        }
    ),
    "key directory": Manual(
        {
            "pressclip key directory bot.pem --out directory.json": "what a site of yours serves",
            "pressclip key directory new.pem old.pem": "while keys change",
        }
    ),
    "key new": Manual({"pressclip key new bot.pem": "prints the key's id"}),
    "rules": Manual(
        {
            "pressclip rules learn": "propose rules for what comes back on a site's pages",
            "pressclip rules review": "accept or reject each with one key",
        },
        {1: "a rule is wrong, or some files cannot be read", 3: "nothing to learn from, or to review"},
    ),
    "rules check": Manual(
        {
            "pressclip rules check": "all that are in force",
            "pressclip rules check my-rules.toml": "and those of a file",
        },
        {1: "a rule is wrong"},
    ),
    "rules learn": Manual(
        {
            "pressclip rules learn": "from all hosts of the archive",
            "pressclip rules learn --host example.com --min-pages 5": "from one",
            "pressclip rules learn --corpus corpus.jsonl.zst": "from texts with a column url",
        },
        {1: "some files cannot be read", 3: "no host has enough pages"},
    ),
    "rules list": Manual(
        {
            "pressclip rules list": "all rules, with their reasons",
            "pressclip rules list my-rules.toml --json": "and those of a file, as JSON lines",
        },
    ),
    "rules retire": Manual(
        {"pressclip rules retire sites/example.com/radio-night": "out of force, never proposed again"}
    ),
    "rules review": Manual(
        {
            "pressclip rules review": "one key each",
            "pressclip rules review --accept-above 0.98": "without questions",
            "pressclip rules review --list --json": "only look",
        },
        {3: "nothing is proposed for the --host"},
    ),
    "serve": Manual(
        {
            "pressclip serve": "http://127.0.0.1:8470/",
            "pressclip serve --data demo --port 0": "another data root, at any free port",
        },
        {0: "ended with Ctrl-C"},
    ),
    "status": Manual(
        {
            "pressclip status": "each site against its own history",
            "pressclip status --html status.html": "with charts, as one page",
            "pressclip status --check --every 15m": "only alarms, for a timer: silent where all is well",
            "pressclip status --metrics 9470": "for Prometheus: http://127.0.0.1:9470/metrics",
        },
        {1: "a site's yield fell; with --check: there is an alarm"},
    ),
    "why": Manual(
        {
            "pressclip why https://example.com/story": "from the feed to the text",
            "pressclip why https://example.com/story --json": "as JSON",
        },
        {3: "neither the crawl nor the archive knows the URL"},
    ),
}
"""The manual of each command, by its words after `pressclip`."""


def document(command: click.Command, words: str = "") -> click.Command:
    """Give a command, and all below it, the end of its help; return it. *words* are those after `pressclip`."""
    if words in MANUALS:
        command.epilog = "\n".join(_lines(MANUALS[words], command))
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            document(below, f"{words} {name}".strip())
    return command


def variables_of(command: click.Command) -> set[str]:
    """Return the environment variables that the options of a command, and of those below it, declare."""
    names = {str(option.envvar) for option in command.params if option.envvar}
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return names.union(*map(variables_of, below))


def _lines(manual: Manual, command: click.Command) -> Iterator[str]:
    # click leaves the lines of a paragraph as they are where it begins with a backspace
    yield "\b\nExamples:"
    for line, purpose in manual.examples.items():
        yield f"  # {purpose}\n  {line}"
    yield "\n\b\nExit codes:"
    yield from (f"  {code:<3}  {meaning}" for code, meaning in sorted({**EXITS, **manual.exits}.items()))
    names = sorted({*manual.variables, *variables_of(command)})
    yield "\n\b\nEnvironment variables:"
    width = max(map(len, names), default=0)
    yield from (f"  {name:{width}}  {VARIABLES.get(name, '')}".rstrip() for name in names)
    if not names:
        yield "  (none)"
