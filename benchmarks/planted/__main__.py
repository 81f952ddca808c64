"""Puts the pages of a planted host into an archive, so that learning can be tried by hand.

python -m benchmarks.planted HOST PAGES DIR
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from archive import Capture, Collection
from benchmarks.planted import Host, hosts
from cleaners import clean, load_rules

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"


def store(host: Host, count: int, root: Path) -> None:
    """Store a host's pages and their texts in the collection `news` of a data root."""
    info = {"description": "an invented host"}
    version = load_rules().version
    with Collection(root, "news", software="benchmarks.planted", rules_version=version, info=info) as collection:
        for page in host.pages(count):
            url = f"https://{host.address}{page.path}"
            fetched = datetime.fromisoformat(page.day).replace(tzinfo=UTC)
            stored = collection.store(
                Capture(
                    url=url,
                    fetched=fetched,
                    status=200,
                    response_head=HEAD,
                    body=page.html,
                    request_head=f"GET {page.path} HTTP/1.1\r\nHost: {host.address}".encode(),
                )
            )
            collection.store_text(stored, clean(page.html, url=url))


def main() -> None:
    """Read the arguments and store."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    known = {host.address: host for host in hosts()}
    parser.add_argument("host", choices=known)
    parser.add_argument("pages", type=int)
    parser.add_argument("dir", type=Path)
    args = parser.parse_args()
    store(known[args.host], args.pages, args.dir)


if __name__ == "__main__":
    main()
