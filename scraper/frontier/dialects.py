"""Say in SQLite's and in PostgreSQL's words what both need: lists as one parameter, and locks in one order.

PostgreSQL gets a list as one array or one JSON text, so a statement has one text however long the list is: it is
planned once. With a parameter for each value, a batch of 64 leases cost the client twice as much.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from scraper.frontier.tables import hosts, urls

INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The insert that knows what to do on a conflict, by dialect."""


def one_of(dialect: str, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Return the condition that *column* is one of the list that is passed as the parameter *name*."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(column.type)))
    return column.in_(sa.bindparam(name, expanding=True))


def in_order(dialect: str, column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return what to sort by where rows are locked: Python's order of strings, whatever the database's own is.

    All that lock several hosts do so in this order, so that two workers cannot wait for each other.
    """
    return column.collate("C") if dialect == "postgresql" else column


def insert_urls(connection: sa.Connection, rows: list[dict[str, Any]]) -> int:
    """Insert *rows* of URLs, which have the same keys; leave out those that are there, and return how many were new."""
    dialect = connection.dialect.name
    if dialect == "sqlite":
        insert = INSERT[dialect](urls).on_conflict_do_nothing().returning(urls.c.id)
        return len(connection.execute(insert, rows).all())
    return connection.execute(_insert_urls(tuple(rows[0])), {"rows": json.dumps(rows)}).rowcount


@cache
def _insert_urls(names: tuple[str, ...]) -> sa.Insert:
    text = sa.cast(sa.bindparam("rows", type_=sa.Text), postgresql.JSON)
    columns = [sa.column(name, urls.c[name].type) for name in names]
    rows = sa.func.json_to_recordset(text).table_valued(*columns).render_derived(with_types=True)
    insert = postgresql.insert(urls).from_select(list(names), sa.select(*rows.c)).on_conflict_do_nothing()
    return insert.execution_options(preserve_rowcount=True)


def mark_ready(connection: sa.Connection, which: Iterable[str]) -> None:
    """Lock these hosts, which may be new, and note that they have URLs waiting."""
    names = sorted(set(which))
    if not names:
        return
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(_READY_TOGETHER, {"names": names})
        return
    insert = INSERT[dialect](hosts).on_conflict_do_update(
        index_elements=[hosts.c.host], set_={"ready": 1}, where=hosts.c.ready == 0
    )
    connection.execute(insert, [{"host": host, "ready": 1} for host in names])


_READY_TOGETHER = sa.text(
    """INSERT INTO hosts (host, ready)
    SELECT name, 1 FROM unnest(CAST(:names AS text[])) AS name ORDER BY name COLLATE "C"
    ON CONFLICT (host) DO UPDATE SET ready = 1 WHERE hosts.ready = 0"""
)


def free(connection: sa.Connection, worker: str, which: dict[str, float]) -> None:
    """Free the hosts *which* that *worker* still has; each may be asked again at its moment."""
    if not which:
        return
    if connection.dialect.name == "postgresql":
        names = sorted(which)
        given = {"of": worker, "names": names, "moments": [which[name] for name in names]}
        connection.execute(_FREE_TOGETHER, given)
        return
    connection.execute(_FREE, [{"of": worker, "freed": host, "moment": moment} for host, moment in which.items()])


def later(moment: float | sa.BindParameter[float]) -> sa.ColumnElement[Any]:
    """Return the later one of *moment* and a host's `next_at`."""
    return sa.case((hosts.c.next_at > moment, hosts.c.next_at), else_=moment)


_FREE = (
    hosts.update()
    .where(hosts.c.host == sa.bindparam("freed"), hosts.c.worker == sa.bindparam("of"))
    .values(worker=None, lease_until=None, next_at=later(sa.bindparam("moment", type_=sa.Float)))
)
# the rows are locked in their order, and only then changed: a plain update locks them in any
_FREE_TOGETHER = sa.text(
    """WITH given AS (
        SELECT * FROM unnest(CAST(:names AS text[]), CAST(:moments AS float8[])) AS given (host, moment)
    ), locked AS MATERIALIZED (
        SELECT host FROM hosts WHERE host = ANY(:names) AND worker = :of ORDER BY host COLLATE "C" FOR UPDATE
    )
    UPDATE hosts SET worker = NULL, lease_until = NULL, next_at = greatest(hosts.next_at, given.moment)
    FROM locked JOIN given USING (host) WHERE hosts.host = locked.host"""
)
