"""Post prepared requests over kept-open connections, as fast as the server answers."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What one burst measured. `errors` are answers other than 2xx."""

    requests: int
    errors: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def http_post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of one POST on a connection that stays open."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def post_all(port: int, requests: Sequence[bytes], connections: int) -> Load:
    """Send every request once, over so many connections at a time."""
    todo, lock, errors = iter(requests), threading.Lock(), []

    def next_request() -> bytes | None:
        with lock:
            return next(todo, None)

    def work() -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            while (request := next_request()) is not None:
                connection.sendall(request)
                status = _status(connection)
                if not 200 <= status < 300:
                    errors.append(status)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(len(requests), len(errors), time.perf_counter() - began)


def _status(connection: socket.socket) -> int:
    """Read one answer with a Content-Length; returns its status code."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(_lengths(head), 0)
    while len(body) < length:
        body += _some(connection)
    return int(head[9:12])


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("the server closed the connection in the middle of an answer")
    return received


def _lengths(head: bytes) -> Iterator[int]:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            yield int(value)
