"""A PostgreSQL server of the tests' own, in a folder and on a socket in it; it listens on no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import sqlalchemy as sa

USERS = ("postgres", "nobody")
"""Who runs the server where the tests run as root: PostgreSQL refuses root."""


FORM = ("--auth=trust", "--username=clip", "--no-sync", "--locale=C", "--encoding=UTF8")


def find_server() -> Path | None:
    """Return the folder of PostgreSQL's programs: the newest of Debian's, else the one on the path."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    debian = sorted((folder for folder in folders if folder.parent.name.isdigit()), key=lambda f: int(f.parent.name))
    for folder in reversed(debian):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found and shutil.which("postgres") else None


def missing() -> str | None:
    """Return why no server can be started here, None where one can."""
    if find_server() is None:
        return "PostgreSQL is not installed: apt-get install postgresql"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed: pip install '.[postgres]'"
    if os.geteuid() == 0 and not (_user() and shutil.which("runuser")):
        return "PostgreSQL does not run as root, and there is no other user to run it"
    return None


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[str]:
    """Run a server in *folder*, which is new and short, with more *settings*, and yield the URL of its database."""
    programs, data = find_server(), folder / "data"
    assert programs is not None
    folder.mkdir(parents=True, exist_ok=True)
    prefix: list[str] = []
    if os.geteuid() == 0 and (user := _user()):
        shutil.chown(folder, user)
        prefix = ["runuser", "--user", user, "--"]
    subprocess.run([*prefix, programs / "initdb", "--pgdata", data, *FORM], check=True, capture_output=True, cwd=folder)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=30"
    options += "".join(f" -c {name}={value}" for name, value in settings.items())
    control = [*prefix, programs / "pg_ctl", "--pgdata", data, "--wait", "--silent", "--log", folder / "log"]
    subprocess.run([*control, "--options", options, "start"], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield f"postgresql+psycopg://clip@/postgres?host={quote(str(folder), safe='')}"
    finally:
        stop = [*control, "--mode", "immediate", "stop"]
        subprocess.run(stop, check=True, cwd=folder, stdout=subprocess.DEVNULL)


@contextmanager
def database(server: str) -> Iterator[str]:
    """Make a database of its own on *server* and yield its URL."""
    name = f"test_{uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


def _user() -> str | None:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((user for user in USERS if user in known), None)
