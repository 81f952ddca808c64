"""Test which site a URL belongs to: one table for all commands that take a site."""

from __future__ import annotations

import pytest

from cleaners import belongs_to, host_of

HOSTS = {
    "https://www.gazette.example/a": "www.gazette.example",
    "HTTPS://WWW.Gazette.Example:443/A": "www.gazette.example",
    "http://user:word@gazette.example:8080/": "gazette.example",
    "http://[::1]:8001/": "::1",
    "urn:isbn:1": "",
    "http://[::1/": "",
    "": "",
}

# site, URL or host, whether it belongs to the site
CASES = [
    ("gazette.example", "https://gazette.example/a", True),
    ("gazette.example", "https://www.gazette.example/a", True),
    ("gazette.example", "https://sport.gazette.example/a", True),
    ("gazette.example", "https://sport.gazette.example:8443/a", True),
    ("gazette.example", "https://thegazette.example/a", False),
    ("gazette.example", "https://gazette.example.org/a", False),
    ("www.gazette.example", "https://gazette.example/a", True),
    ("WWW.GAZETTE.EXAMPLE.", "https://gazette.example/a", True),
    ("gazette.example", "https://gazette.example./a", True),
    ("sport.gazette.example", "https://gazette.example/a", False),
    ("https://gazette.example/news/", "http://www.gazette.example/a", True),
    ("gazette.example:443", "https://gazette.example/a", True),
    ("gazette.example:443", "http://gazette.example/a", False),
    ("gazette.example:80", "http://sport.gazette.example/a", True),
    ("127.0.0.1:8001", "http://127.0.0.1:8001/a", True),
    ("127.0.0.1:8001", "http://127.0.0.1:8002/a", False),
    ("127.0.0.1:8001", "http://127.0.0.1/a", False),
    ("http://127.0.0.1:8001/", "http://127.0.0.1:8001/a", True),
    ("127.0.0.1", "http://127.0.0.1:8001/a", True),
    ("[::1]:8001", "http://[::1]:8001/a", True),
    ("::1", "http://[::1]:8001/a", True),
    ("bücher.example", "https://xn--bcher-kva.example/a", True),
    ("gazette.example", "sport.gazette.example", True),
    ("gazette.example:8001", "gazette.example:8001", True),
    ("gazette.example:8001", "gazette.example", False),
    ("gazette.example:port", "http://gazette.example/a", False),
    ("", "https://gazette.example/a", False),
    ("gazette.example", "", False),
    ("gazette.example", None, False),
]


@pytest.mark.parametrize("url", HOSTS)
def test_a_host_is_in_lower_case_without_port_or_credentials(url: str) -> None:
    assert host_of(url) == HOSTS[url]


@pytest.mark.parametrize(("site", "url", "belongs"), CASES)
def test_a_url_belongs_to_a_site_by_host_subdomain_and_port(site: str, url: str | None, belongs: bool) -> None:
    assert belongs_to(url, site) is belongs
