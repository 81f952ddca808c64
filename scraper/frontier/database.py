"""Open the frontier's database (an SQLite file, memory or PostgreSQL) and migrate its tables."""

from __future__ import annotations

import json
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.pool import StaticPool

from archive import connect_reading, how_to_install, make_folder
from scraper.frontier.tables import FIRST, LAST, VERSION, FrontierError, hosts, meta, metadata, urls
from scraper.printable import one_line

FRONTIER = "frontier.sqlite"
"""Name of the SQLite file in a data root."""
POSTGRES = "postgresql+psycopg"
BUSY_SECONDS = 30
"""How long an SQLite file is waited for while another process writes."""
_MIGRATION_LOCK = 0x70726573
"""Key of the PostgreSQL advisory lock that a worker holds while it creates or migrates the tables."""


def open_database(where: Path | str | None, *, reading: bool = False) -> sa.Engine:
    """Return the database *where*, after creating its tables or migrating them to VERSION. Raises FrontierError.

    *where* is an SQLite file, a URL `postgresql+psycopg://user@host/database`, or None for a database in memory.
    With *reading* an SQLite file is opened without any write, if it has the tables of today: its disk may be read-only
    or full; PostgreSQL must have them, and its transactions are read-only. With
    `engine.execution_options(writes=True)` a transaction locks an SQLite file from its beginning.
    """
    if reading and isinstance(where, Path) and (engine := _reading(where)):
        return engine
    engine = _postgres(where, reading=reading) if isinstance(where, str) else _sqlite(where)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        try:
            if reading and isinstance(where, str):
                _require_tables(engine)
            else:
                _bring_up(engine)
        except sa.exc.DBAPIError as error:
            advice = "choose a folder that can be written, or move a damaged file away to begin anew"
            if isinstance(where, str):
                advice = "check that the server runs and lets this user create tables"
            raise FrontierError(
                f"{name_of(engine)}: cannot be opened as the crawl's frontier ({cause(engine, error)}); {advice}"
            ) from None
        stack.pop_all()
    return engine


def name_of(engine: sa.Engine) -> str:
    """Return the database's name for messages: the file, or server and database without credentials."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        return url.database or "the frontier in memory"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.host or 'local'}{port}/{url.database or ''}"


def cause(engine: sa.Engine, error: sa.exc.DBAPIError) -> str:
    """Return the driver's message as one line, without the password."""
    secrets = [engine.url.password, *(value for name, value in engine.url.query.items() if "pass" in name)]
    words = str(error.orig)
    for secret in secrets:
        words = words.replace(str(secret), "***") if secret else words
    return one_line(words)


SITE = urls.c.site.concat("")
"""The site in queries. For the bare column SQLite would use the index on sites, and read all URLs of them."""


OF_SITES = 8
"""Conditions on sites that are kept, with the statements that have them. A crawl has one, and asks with it for each
page."""


@lru_cache(maxsize=OF_SITES)
def of_sites(dialect: str, sites: tuple[str, ...] | None, site: sa.ColumnElement[str] = SITE) -> sa.ColumnElement[bool]:
    """Return the condition that *site* is one of *sites* (None: any); it has one parameter, however many sites."""
    if sites is None:
        return sa.true()
    if dialect == "sqlite":
        names = sa.func.json_each(json.dumps(sites)).table_valued("value")
        return site.in_(sa.select(names.c.value))
    return site == sa.any_(sa.literal(list(sites), ARRAY(sa.Text)))


def _sqlite(path: Path | None) -> sa.Engine:
    if path is None:
        engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    else:
        try:
            make_folder(path.parent)
        except OSError as error:
            raise FrontierError(f"{path.parent}: {error.strerror}; choose a folder that can be written") from None
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
        # the driver itself would begin a transaction only at the first write, after the reads that belong to it
        connection.isolation_level = None
        # a commit need not reach the disk at once: losing the last ones repeats fetches, but loses no page
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_SECONDS * 1000}"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _reading(path: Path) -> sa.Engine | None:
    """Return an SQLite file opened without any write; None where it is to be created, migrated or complained about."""
    if not path.is_file():
        return None
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, creator=lambda: connect_reading(path, seconds=BUSY_SECONDS))
    try:
        with engine.connect() as connection:
            if _version(connection) == VERSION:
                return engine
    except sa.exc.DBAPIError:
        pass  # opened again, for writing, it is complained about
    engine.dispose()
    return None


def _postgres(text: str, *, reading: bool) -> sa.Engine:
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    # the text is not repeated since it may hold a password; a bare @ in one would end up in the host
    if url is None or url.drivername not in (POSTGRES, "postgresql") or "@" in (url.host or ""):
        raise FrontierError(f"frontier: not a database that can be used; give {POSTGRES}://USER@HOST/DATABASE")
    try:
        arguments = {"client_encoding": "utf8"}
        if reading:
            arguments["options"] = "-c default_transaction_read_only=on"
        engine = sa.create_engine(url.set(drivername=POSTGRES), connect_args=arguments)
    except ImportError:
        advice = how_to_install("postgres")
        raise FrontierError(f"frontier: PostgreSQL needs psycopg, which is not installed; {advice}") from None

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
        # as with SQLite: a commit need not reach the disk at once
        connection.execute("SET synchronous_commit = off")
        connection.commit()

    return engine


def _require_tables(engine: sa.Engine) -> None:
    """Raise FrontierError where a database that is only read has not the tables of today."""
    with engine.connect() as connection:
        version = _version(connection)
    if version == 0:
        raise FrontierError(f"{name_of(engine)}: no crawl has run on this frontier; crawl first, or name another one")
    if version < VERSION:
        raise FrontierError(f"{name_of(engine)}: made by an older version; the next crawl brings it up to date")
    if version > VERSION:
        raise FrontierError(_newer(engine, version))


def _newer(engine: sa.Engine, version: int) -> str:
    return f"{name_of(engine)}: the frontier is of version {version}, this pressclip knows {VERSION}; update pressclip"


def _bring_up(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        if _version(connection) == VERSION:
            return
    with engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        version = _version(connection)
        if version == VERSION:
            return
        if version > VERSION:
            raise FrontierError(_newer(engine, version))
        if version:
            _migrate(connection, version)
        metadata.create_all(connection)
        connection.execute(meta.delete().where(meta.c.name == "version"))
        connection.execute(meta.insert().values(name="version", value=str(VERSION)))


def _version(connection: sa.Connection) -> int:
    """Return the version of the tables, 0 where there are none."""
    tables = sa.inspect(connection).get_table_names()
    if "meta" in tables:
        version = connection.execute(sa.select(meta.c.value).where(meta.c.name == "version")).scalar()
        return int(version or 0)
    return 1 if "urls" in tables else 0


def _migrate(connection: sa.Connection, version: int) -> None:
    """Add what the tables of an older *version* lack; leased URLs stay so until `Frontier.recover`."""
    # the last two are made anew, with fewer rows
    for name in ("urls_by_state", "urls_by_due", "hosts_leased"):
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
    hosts.create(connection, checkfirst=True)
    for table in (urls, hosts):
        known = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                definition = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    if version == 1:
        _fill_from_1(connection)


def _fill_from_1(connection: sa.Connection) -> None:
    article = urls.c.kind == "article"
    turn = sa.case((sa.not_(article), FIRST), else_=sa.func.coalesce(-urls.c.published, LAST))
    connection.execute(urls.update().values(turn=turn))
    # a lease lasted 15 minutes from its beginning
    connection.exec_driver_sql("UPDATE urls SET leased_at = lease_until - 900 WHERE state = 'leased'")
    busy = sa.select(urls.c.host).where(urls.c.state != "done").distinct()
    every = sa.select(urls.c.host).where(urls.c.host.not_in(sa.select(hosts.c.host))).distinct()
    connection.execute(hosts.insert().from_select(["host"], every))
    connection.execute(hosts.update().where(hosts.c.host.in_(busy)).values(ready=1))
    leased = sa.select(urls.c.host).where(urls.c.state == "leased").distinct()
    connection.execute(hosts.update().where(hosts.c.host.in_(leased)).values(worker="", lease_until=0.0))
