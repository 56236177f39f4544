"""gunicorn reads this by itself: `gunicorn purelaka.wsgi` in this folder, or in the container.

With DEBUG on, static files come from where they lie. With DEBUG off, WhiteNoise serves what
`manage.py collectstatic` gathered, so run that first.
"""

import os

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# A worker that gives no sign of life for this long is replaced. A slow answer is no lack of life:
# the worker's own thread beats while the others work.
timeout = 30
# A stop or reload gives running requests this long, the longest download included.
graceful_timeout = 30
# Longer than a browser's pause between two clicks and most proxies' own idle time.
keepalive = 75
# The sign of life is a file: on disk it can stall for seconds, in memory it does not.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
