"""No request reaches an address that is not public, however it is written, by whatever way."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from scraper.crawl import CrawlError, CrawlOptions
from scraper.fetch.guard import is_global
from scraper.seeds import Seed
from scraper.urls import canonical
from tests.support.crawling import World, crawl
from tests.support.loopback import Site, page

pytestmark = pytest.mark.slow

LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.01",
    "127.255.255.254",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
    "１２７.0.0.1",
    "127。0。0。1",
    "127%2e0%2e0%2e1",
    "%31%32%37.0.0.1",
    "example.com@127.0.0.1",
    "example.com:80@127.1",
    socket.gethostname(),
]
OTHERS = [
    "10.0.0.1",
    "012.0.0.1",
    "167772161",
    "192.168.1",
    "172.16.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[fec0::1]",
    "100.100.100.200",
    "192.0.2.1",
    "198.18.0.1",
    "255.255.255.255",
    "[2001:db8::1]",
    "[100::1]",
]
"""Of other ranges the verdict alone is tried: nothing is connected to."""


SPECIAL = """
    0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.254 127.0.0.2 169.254.1.1 172.31.0.1 192.0.0.0 192.0.0.8 192.0.0.9
    192.0.0.10 192.0.0.170 192.0.0.171 192.0.2.7 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.254 198.51.100.7
    203.0.113.7 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
    :: ::1 ::ffff:192.0.0.8 ::127.0.0.1 64:ff9b::c000:8 64:ff9b:1::1 100::1 100:0:0:1::1 2001:1::1 2001:1::2
    2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:30::1 2001:db8::1 2002:c000:8:: 3fff::1 5f00::1
    fc00::1 fd00::1 fe80::1 fec0::1 ff0e::1
"""
PUBLIC = """
    192.0.1.1 192.88.98.1 100.63.255.255 100.128.0.1 172.32.0.1 198.20.0.1 223.255.255.254 2001:200::1
    2001:4860:4860::8888 2606:4700::1111 64:ff9b::808:808 2002:808:808::
"""


@pytest.mark.parametrize("address", SPECIAL.split())
def test_no_range_of_the_special_purpose_registries_is_public(address: str) -> None:
    assert not is_global(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_their_neighbours_are_public(address: str) -> None:
    assert is_global(address)


def _url(host: str, port: int) -> str:
    return f"http://{host}:{port}/secret"


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[Site, Site]]:
    """Listeners on all of this machine's addresses: IPv4, then IPv6."""
    with Site(host="0.0.0.0") as four, Site(host="::") as six:
        for site in (four, six):
            site.routes = {"/secret": page("Secret.")}
        yield four, six


@pytest.fixture
def listening(watched: tuple[Site, Site]) -> Iterator[tuple[Site, Site]]:
    """The listeners, which must not be asked."""
    for site in watched:
        site.asked.clear()
    yield watched
    assert [site.asked for site in watched] == [[], []]


def test_no_spelling_of_loopback_is_requested_directly_or_by_redirect(listening: tuple[Site, Site]) -> None:
    urls = [_url(host, site.port) for site in listening for host in LOOPBACK]
    world = World(public=("127.0.0.2",))
    with Site(host="127.0.0.2") as front:
        base = front.base.replace("127.0.0.1", "127.0.0.2")
        for number, url in enumerate(urls):
            head = f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n\r\n"
            front.routes[f"/{number}"] = head.encode()
        _, events = crawl(Seed("direct", urls=tuple(urls)), allow_private=False, world=world)
        assert {event.url: event.status for event in events} == dict.fromkeys(urls, "blocked_address")
        hops = Seed("hops", urls=tuple(base + path for path in front.routes))
        _, events = crawl(hops, allow_private=False, world=world)
        assert set(front.asked) == {"/robots.txt", *front.routes}
    led_to = {event.url: event.status for event in events if not event.url.startswith(base)}
    assert led_to == dict.fromkeys((canonical(url) for url in urls), "blocked_address")


def test_other_ranges_are_blocked_before_a_connection() -> None:
    # some hosts are other spellings of one address
    urls = {canonical(_url(host, 9)) for host in OTHERS}
    _, events = crawl(Seed("others", urls=tuple(_url(host, 9) for host in OTHERS)), allow_private=False)
    assert {canonical(event.url): event.status for event in events} == dict.fromkeys(urls, "blocked_address")


@pytest.mark.parametrize(
    "name", ["metadata.google.internal", "metadata", "instance-data", "kubernetes.default.svc", "router.local"]
)
def test_a_name_of_an_inner_service_gives_no_page(name: str) -> None:
    _, (event,) = crawl(Seed("inner", urls=(_url(name, 9),)), allow_private=False)
    assert event.status in ("blocked_address", "dns_error")


@pytest.mark.parametrize("name", ["a.test", "b.test"])
def test_a_name_with_one_private_address_among_public_ones_is_blocked(name: str, listening: tuple[Site, Site]) -> None:
    addresses = {"a.test": ["93.184.215.14", "127.0.0.1"], "b.test": ["::1", "2606:2800:21f:cb07::1"]}
    url = _url(name, listening[0].port)
    _, (event,) = crawl(Seed("mixed", urls=(url,)), allow_private=False, world=World(names=addresses))
    assert event.status == "blocked_address"


def test_a_name_that_changes_its_address_after_the_check_is_caught_at_the_peer(listening: tuple[Site, Site]) -> None:
    url = _url("rebind.test", listening[0].port)
    seed = Seed("rebinding", urls=(url,))
    world = World(names={"rebind.test": ["127.0.0.1"]}, checked={"rebind.test": ["93.184.215.14"]})
    _, (event,) = crawl(seed, allow_private=False, world=world)
    assert event.status == "blocked_address"


def test_sites_with_ipv6_alone_are_fetched(watched: tuple[Site, Site]) -> None:
    urls = (_url("[::1]", watched[1].port), _url("six.test", watched[1].port))
    _, events = crawl(Seed("six", urls=urls), world=World(names={"six.test": ["::1"]}))
    assert [event.status for event in events] == ["fetched", "fetched"]


@pytest.mark.parametrize("address", ["::127.0.0.1", "fec0::1", "64:ff9b:1::7f00:1", "::ffff:0:7f00:1", "3fff::1"])
def test_rare_forms_of_private_addresses_are_not_global(address: str) -> None:
    assert not is_global(address)


def test_a_scheduled_crawl_needs_a_contact() -> None:
    with pytest.raises(CrawlError, match="--contact") as caught:
        CrawlOptions(seeds=[], due=True)
    assert "\n" not in str(caught.value)
    assert CrawlOptions(seeds=[], due=True, contact="desk@example.com").due
