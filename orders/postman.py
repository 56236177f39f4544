"""Work that a page or a webhook does not wait for: done by one thread of this process, in turn.

Only for what is safe to lose: whatever is handed over must be found and done by the minute's `tick` too.
"""

import logging
import time
from collections.abc import Callable
from queue import Full, Queue
from threading import Lock, Thread

from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

MOST_WAITING = 100  # what comes while so many wait is left to the tick
PAUSE = 0.2  # seconds in between: pages come first, and mail servers slow down who sends too fast

_waiting: Queue[Callable[[], object]] = Queue(MOST_WAITING)
_starting = Lock()
_thread: Thread | None = None


def hand_over(work: Callable[[], object]) -> None:
    """Do `work` soon, in the background where the settings say so (`MAIL_IN_BACKGROUND`), or at once."""
    if not settings.MAIL_IN_BACKGROUND:
        work()
        return
    try:
        _waiting.put_nowait(work)
    except Full:
        return
    _start()


def wait_until_done() -> None:
    """Until all that was handed over so far is done. For tests."""
    _waiting.join()


def _start() -> None:
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():
            _thread = Thread(target=_work, name="postman", daemon=True)
            _thread.start()


def _work() -> None:
    while True:
        work = _waiting.get()
        try:
            work()
        except Exception:  # the thread must go on
            logger.exception("what was handed over failed; the tick tries it again")
        finally:
            if _waiting.empty():
                connection.close()  # an idle thread holds none
            _waiting.task_done()
        if not _waiting.empty():
            time.sleep(PAUSE)
