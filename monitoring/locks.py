"""One process at a time. The lock belongs to a connection of its own: a crash lets it go."""

import os
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

Release = Callable[[], None]


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def exclusive(name: str, *, wait: float = 0) -> Iterator[None]:
    """Hold the lock `name` during the block. Raises Busy when it is not free within `wait` seconds."""
    take = _advisory_lock if connection.vendor == "postgresql" else _locked_file
    give_up_at = time.monotonic() + wait
    while (release := take(name)) is None:
        if time.monotonic() >= give_up_at:
            raise Busy(f"Another process is at work on {name}.")
        time.sleep(0.1)
    try:
        yield
    finally:
        release()


def _advisory_lock(name: str) -> Release | None:
    """A lock in Postgres, held by a session of its own: no rollback and no reconnect touches it."""
    holder, key = connection.copy(), zlib.crc32(f"purelaka {name}".encode())
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        if cursor.fetchone() == (True,):
            return partial(_unlock, holder, key)
    holder.close()
    return None


def _unlock(holder: BaseDatabaseWrapper, key: int) -> None:
    """Said first: a session that is closed holds its locks until the server has noticed."""
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    finally:
        holder.close()


def _locked_file(name: str) -> Release | None:
    """A lock on a file beside the database, through SQLite: it knows how on every system."""
    holder = sqlite3.connect(_lock_path(name), timeout=0, isolation_level=None, check_same_thread=False)
    try:
        holder.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        holder.close()
        return None
    return holder.close


def _lock_path(name: str) -> str:
    database = str(connection.settings_dict["NAME"])
    if database == ":memory:" or "mode=memory" in database:  # nobody outside this process sees it
        return str(Path(tempfile.gettempdir()) / f"purelaka-{os.getpid()}-{name}.lock")
    return f"{database}-{name}.lock"
