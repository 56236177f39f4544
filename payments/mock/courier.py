"""Posts what the pretended Stripe has to say, shortly after it happened, beside the requests.

One thread a process, which ends when nothing is near. What it leaves undone, `tick` does.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections
from django.utils import timezone

logger = logging.getLogger(__name__)

NEAR = timedelta(minutes=2)
_lock = threading.Lock()
_woken = threading.Event()
_thread: threading.Thread | None = None


def wake(deliver: Callable[[datetime], object], next_due: Callable[[], datetime | None]) -> None:
    """Something new is to be posted: see to it in the background, if this process may."""
    global _thread
    if not settings.MOCK_POSTS_BY_ITSELF:
        return
    with _lock:
        _woken.set()
        if _thread is None:
            _thread = threading.Thread(
                target=_run, args=(deliver, next_due), daemon=True, name="mock-courier"
            )
            _thread.start()


def _run(deliver: Callable[[datetime], object], next_due: Callable[[], datetime | None]) -> None:
    global _thread
    while True:
        is_well = _work(deliver, next_due)
        with _lock:
            if not (is_well and _woken.is_set()):  # woken while it was about to end: once more
                _thread = None
                return


def _work(deliver: Callable[[datetime], object], next_due: Callable[[], datetime | None]) -> bool:
    """Deliver until nothing is near; False when it could not."""
    try:
        while True:
            _woken.clear()  # before looking: what comes after is not missed
            pause = _pause(next_due)
            if pause is None:
                return True
            _woken.wait(pause)
            deliver(timezone.now())
    except Exception:  # a database that went away, an interpreter that ends: tick goes on
        logger.exception("mock events wait for tick")
        return False
    finally:
        connections.close_all()


def _pause(next_due: Callable[[], datetime | None]) -> float | None:
    """Seconds until there is something to do; None when nothing is near."""
    due, now = next_due(), timezone.now()
    if due is None or due > now + NEAR:
        return None
    return max((due - now).total_seconds(), 0.05)
