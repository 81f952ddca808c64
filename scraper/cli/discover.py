"""`pressclip discover`: find the sources of a site, and write a seed file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.addresses import read_address
from scraper.cli.terminal.options import FILE, fetch_options
from scraper.cli.terminal.output import Progress, print_text, say
from scraper.cli.terminal.outputs import check_output, force_option

if TYPE_CHECKING:
    from scraper.discovery.survey import Survey

NOTHING, REFUSED = 3, 4


@click.command()
@click.argument("site")
@click.option("--out", type=FILE, help="Write the seed file to this path.")
@force_option
@fetch_options
def discover(site: str, out: Path | None, force: bool, **options: Any) -> None:  # noqa: ANN401 - click's options
    """Find a site's feeds, sitemaps and sections, and write a seed file to review.

    SITE is a host or the URL of a home page. The seed file goes to standard output or to --out; a table of what was
    found and what was not goes to standard error.
    """
    address = read_address(site)
    if address is None:
        raise click.UsageError(f"{site!r} is not a host or an http or https URL.")
    if out:
        check_output(out, "--out", force=force)
    from archive import ArchiveError, write_whole
    from scraper.discovery.seedfile import seed_file
    from scraper.spiders.survey import is_refused, survey_site

    with Progress("asking") as progress:
        survey = survey_site(
            address.url,
            fallback=address.fallback,
            on_event=lambda event: progress.advance(f"{event.status} {event.url}"),
            **options,
        )
    if is_refused(survey) or survey.found_nothing:
        say(f"{site}: {why_nothing(survey)}")
        raise SystemExit(REFUSED if is_refused(survey) else NOTHING)
    for line in table(survey):
        print_text(line, err=True)
    text = seed_file(survey)
    if out:
        try:
            write_whole(out, text)
        except ArchiveError:
            # the answers of the site are not asked for again because of a disk
            print_text(text, newline=False, exact=True)
            raise
    else:
        print_text(text, newline=False, exact=True)


def table(survey: Survey) -> Iterator[str]:
    """Yield a line for each source that was found, and for each that was not."""
    from scraper.discovery.seedfile import choose, describe

    chosen, spare = choose(survey)
    yield f"{survey.home}: {survey.requests} requests; language {survey.language or 'not declared'}"
    for mark, sources in (("+", chosen), ("-", spare)):
        yield from (f"{mark} {source.kind:13} {source.url}  {describe(source)}" for source in sources)
    yield from (f"  {'not found':13} {url}  {why}" for url, why in survey.missing.items())


def why_nothing(survey: Survey) -> str:
    """Return why a survey found no source."""
    if survey.page is None:
        url, why = next(iter(survey.missing.items()), (survey.home, "no answer"))
        return f"no page could be read: {url} ended with {why}"
    return (
        f"no feed, sitemap or section found in {survey.requests} requests; "
        "if you know one, write a seed file by hand as `pressclip docs seeds/README.md` explains"
    )
