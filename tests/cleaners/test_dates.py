"""Test dates in many languages, and which of a page's dates is that of publication."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cleaners.html.tree import parse
from cleaners.metadata.dates import date_in_scripts, date_marks, day_of_url, parse_date, visible_date
from cleaners.metadata.header import headline_of

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T08:15:00+01:00", datetime(2026, 11, 20, 8, 15, tzinfo=timezone(timedelta(hours=1)))),
        ("2026-11-20T08:15:00.1234567Z", datetime(2026, 11, 20, 8, 15, 0, 123456, UTC)),
        ("2026-11-20 08:15:00 UTC", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20 08:15 -0500", datetime(2026, 11, 20, 8, 15, tzinfo=timezone(timedelta(hours=-5)))),
        ("Fri, 20 Nov 2026 08:15:00 +0000", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20T08:15:00", DAY),
        (" 2026-11-20 ", DAY),
        ("2026-11-20T25:99:00Z", DAY),
        ("2026-13-45", None),
        ("1201-01-01T00:00:00Z", None),
        ("0001-01-01T99:99:99", None),
        ("31 February 2026", None),
        ("99/99/2026", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_keep_their_zone_and_without_one_only_the_day_is_known(text: str, expected: object) -> None:
    parsed = parse_date(text)
    assert parsed == expected
    assert type(parsed) is type(expected)


DAYS = (
    "November 20, 2026",
    "Nov. 20th, 2026",
    "Friday, 20 November 2026, 8 am",
    "20. November 2026",
    "20 novembre 2026",
    "20 de noviembre de 2026",
    "20 de novembro de 2026",
    "20 listopada 2026",
    "20 ноября 2026",
    "20 листопада 2026",
    "20 Kasım 2026",
    "20. listopadu 2026",
    "20 marraskuuta 2026",
    "20 Νοεμβρίου 2026",
    "20 نوفمبر 2026",
    "20 בנובמבר 2026",
    "20 नवंबर 2026",
    "2026年11月20日",
    "2026년 11월 20일",
    "20.11.2026",
    "20/11/2026",
    "20.11.26, 8:15",
)


@pytest.mark.parametrize("text", DAYS)
def test_a_day_is_read_in_the_languages_of_the_news(text: str) -> None:
    assert parse_date(text) == DAY


def test_the_order_of_day_and_month_is_the_readers() -> None:
    assert parse_date("3/4/2026") == date(2026, 4, 3)
    assert parse_date("3/4/2026", month_first=True) == date(2026, 3, 4)
    assert parse_date("3.4.2026", month_first=True) == date(2026, 4, 3)
    assert parse_date("20/3/2026", month_first=True) == date(2026, 3, 20)


@pytest.mark.parametrize("path", ["2026/11/20/storm", "2026-11-20-storm", "20261120/storm", "a/storm_20261120.html"])
def test_an_address_tells_the_day(path: str) -> None:
    assert day_of_url(f"https://gazette.example/{path}") == DAY


@pytest.mark.parametrize("path", ["2026/11/storm", "12020261120/storm", "2026/13/45/storm", ""])
def test_an_address_without_a_day_tells_none(path: str) -> None:
    assert day_of_url(f"https://gazette.example/{path}") is None


def shown(body: str) -> object:
    root = parse(f"<html><body><article><h1>Storm closes harbour</h1>{body}</article></body></html>")
    assert root is not None
    return visible_date(date_marks(root, headline_of(root, "Storm closes harbour")), False).date


@pytest.mark.parametrize(
    "markup",
    [
        '<time datetime="2026-11-20">yesterday</time>',
        "<time>20 November 2026</time>",
        '<p class="post-date">20.11.2026</p>',
        "<p>Ada Byron <br> 20 November 2026</p>",
        '<meta itemprop="datePublished" content="2026-11-20">',
        "<p>Updated <time>21 November 2026</time></p><p>Published <time>20 November 2026</time></p>",
        '<time class="modified">21 November 2026</time><time>20 November 2026</time>',
        '<div class="related"><time>19 November 2026</time></div><p class="date">20 November 2026</p>',
        "<p>Last updated: 20 November 2026</p>",
        '<p>20 November 2026</p><p class="date">18 November 2026</p>',
        f"<p>Updated: 20 November 2026</p>{'<i></i>' * 200}<time>19 November 2026</time>",
        f'{"<i></i>" * 160}<b>Published</b><p class="date">20 November 2026</p>',
        '<footer class="author-meta"><p class="date">20 November 2026</p></footer>',
    ],
)
def test_the_date_of_publication_is_found_under_the_headline(markup: str) -> None:
    assert shown(f"{markup}<p>Prose about the sea.</p>") == DAY


@pytest.mark.parametrize(
    "markup",
    [
        "<p>On 20 November 2026 the sea rose over the wall of the harbour and took two boats away.</p>",
        "<figure><figcaption>The harbour, 20 November 2026</figcaption></figure>",
        '<div class="teaser"><time>20 November 2026</time></div>',
        "<footer>© 20 November 2026</footer>",
        "<time>08:15</time>",
    ],
)
def test_a_date_of_something_else_is_none_of_publication(markup: str) -> None:
    assert shown(markup) is None


def test_a_date_right_above_the_headline_goes_before_an_unmarked_one_far_below() -> None:
    far = "<i></i>" * 80
    root = parse(f"<body><p>20 November 2026</p><h1>Storm closes harbour</h1>{far}<p>18 November 2026</p></body>")
    assert root is not None
    assert visible_date(date_marks(root, headline_of(root, "Storm closes harbour")), False).date == DAY


@pytest.mark.parametrize(
    ("markup", "day"),
    [
        (
            '<time itemprop="dateModified" datetime="2026-11-22">20/11/2026 | Actualizado a 22/11/2026</time>',
            22,
        ),
        ("<p>Written: 2026-11-20 15:03 / Updated: 2026-11-21</p>", 21),
        ("<p>Last updated 21 Nov 2026, originally created 20 Nov 2026</p>", 21),
        ('<time datetime="2026-11-23T10:18:46Z">Publié le 20 novembre 2026</time>', 23),
        ("<p>Published 20 November 2026, updated 22 November 2026</p>", 22),
    ],
)
def test_one_text_states_the_days_of_publication_and_of_the_change(markup: str, day: int) -> None:
    root = parse(f"<body><h1>Storm</h1>{markup}<p>Prose about the sea.</p></body>")
    assert root is not None
    dates = visible_date(date_marks(root, headline_of(root, "Storm")), False)
    assert dates.date == DAY
    assert dates.modified is not None
    assert dates.modified.day == day


@pytest.mark.parametrize(
    "text",
    [
        "٢٠ نوفمبر ٢٠٢٦",
        "20 تشرين الثاني 2026",
        "٢٠ تشرين الثاني ٢٠٢٦",
        "۲۰ نوامبر ۲۰۲۶",
        "20 | 11 | 2026",
        "Fr 20.11.26 | 14:07 Uhr",
    ],
)
def test_digits_and_months_of_other_scripts_and_dates_parted_by_bars_are_read(text: str) -> None:
    assert parse_date(text) == DAY
    assert shown(f'<span class="post-date">{text}</span>') == DAY


@pytest.mark.parametrize(
    "text",
    [
        "1795162500",
        "1795162500000",
        "Fri, 20 Nov 2026 08:15:00 GMT",
        "Fri Nov 20 2026 08:15:00 GMT+0000 (Coordinated Universal Time)",
    ],
)
def test_moments_of_programs_are_read_with_their_zone(text: str) -> None:
    assert parse_date(text) == datetime(2026, 11, 20, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "markup",
    [
        '<abbr class="published" title="2026-11-20">last Friday</abbr>',
        '<span property="schema:dateCreated" content="2026-11-20">Friday</span>',
        '<span property="dc:date dc:created" content="2026-11-20">Friday</span>',
        '<span class="timestamp" data-date="2026-11-20">20.11.2026</span>',
    ],
)
def test_a_date_in_an_attribute_is_found(markup: str) -> None:
    assert shown(markup) == DAY


def test_a_date_above_the_headline_goes_before_one_of_a_teaser() -> None:
    teaser = (
        '<li><a href="/b">Bus 14 to run until midnight again</a> <span class="post-date">18 November 2026</span></li>'
    )
    root = parse(f"<body><time>20 November 2026</time><h1>Storm</h1><p>Prose.</p><ul>{teaser}</ul></body>")
    assert root is not None
    assert visible_date(date_marks(root, headline_of(root, "Storm")), False).date == DAY


@pytest.mark.parametrize(
    "path", ["event_information/concert/20270628.html", "termine/2027/06/28/konzert", "events/2027-06-28"]
)
def test_the_address_of_an_event_tells_no_day_of_publication(path: str) -> None:
    assert day_of_url(f"https://gazette.example/{path}") is None


@pytest.mark.parametrize(
    "path", ["2026/11/20", "home/2026/november/20/storm", "local/2026-11/20/c_1.htm", "20-11-2026-storm"]
)
def test_an_address_tells_the_day_in_other_forms(path: str) -> None:
    assert day_of_url(f"https://gazette.example/{path}") == DAY


TEASERS = "".join(
    f'<article><time class="date">{day} November 2026</time><p>Bus 14 to run.</p></article>' for day in "89"
)


def test_a_marked_date_right_above_the_headline_goes_before_those_below() -> None:
    root = parse(f"<body><time>20 November 2026</time><h1>Storm</h1><p>Prose.</p>{TEASERS}</body>")
    assert root is not None
    assert visible_date(date_marks(root, headline_of(root, "Storm")), False).date == DAY


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Storm</h1><p class='text__caption'>20 November 2026 | Weather</p>",
        "<h1>Storm</h1><ul class='credits__item'><li><p>Published</p><p>20 November 2026</p></li></ul>",
        f"<h1>Storm</h1>{'<i></i>' * 200}<div class='post-footer'>It was published on 20 November 2026 by Ada</div>",
        "<p>20 November 2026</p><p>A storm closed the harbour.</p>",
    ],
)
def test_a_date_in_an_unlikely_box_is_read_where_the_page_shows_no_other(body: str) -> None:
    root = parse(f"<body>{body}<p>Prose about the sea.</p></body>")
    assert root is not None
    headline = headline_of(root, "Storm")
    assert visible_date(date_marks(root, headline), False).date is None
    assert visible_date(date_marks(root, headline), False, anywhere=True).date == DAY


def test_a_date_of_another_article_is_read_nowhere() -> None:
    root = parse("<body><h1>Storm</h1><div class='related-posts'><p>Published 20 November 2026</p></div></body>")
    assert root is not None
    assert visible_date(date_marks(root, headline_of(root, "Storm")), False, anywhere=True).date is None


STATE = '{"title": "Storm closes harbour", "published_at": "2026-11-20"}'


@pytest.mark.parametrize(
    ("script", "day"),
    [
        (f"<script>state = {STATE}</script>", DAY),
        (f"<script>state = [{STATE}, {STATE}]</script>", DAY),
        ('<script>push("{\\"name\\":\\"Storm closes harbour\\",\\"publishedAt\\":1795132800}")</script>', DAY),
        (f"<script>state = [{STATE}, {STATE.replace('11-20', '11-21')}]</script>", None),
        (f"<script>state = {STATE.replace('Storm', 'Frost')}</script>", None),
        (f'<script type="application/ld+json">{STATE}</script>', None),
    ],
)
def test_scripts_that_name_the_title_and_one_day_tell_the_date(script: str, day: date | None) -> None:
    root = parse(f"<body>{script}<p>Prose about the sea.</p></body>")
    assert root is not None
    found = date_in_scripts(root, "Storm closes harbour")
    assert (found.date() if isinstance(found, datetime) else found) == day
