"""localstripe, an independent imitation of Stripe, as a process of its own on this machine.

It knows cards, declines, 3-D Secure, cancelling and refunds, and posts signed events of API version
2017-08-15 a second after they happen. It does not know: idempotency keys, events of refunds and of
cancelled intents, and a second attempt on one intent.
"""

import importlib.util
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from queue import Empty, Queue
from typing import IO, Any
from unittest import SkipTest

Json = dict[str, Any]

MISSING = "localstripe is not here: install requirements-dev.txt"
START_LIMIT = 20  # seconds

# By itself it listens to the whole network, writes all it knows to a file in /tmp, and outlives us.
LAUNCHER = """
import os, socket, sys, threading
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
web.run_app(server.app, sock=listening, print=None, access_log=None)
"""


class LocalStripe:
    """A running localstripe. `address` is its API, `js_url` its Stripe.js."""

    def __init__(self) -> None:
        if not importlib.util.find_spec("localstripe"):
            raise SkipTest(MISSING)
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address = f"http://127.0.0.1:{self._port()}"
        self.js_url = f"{self.address}/js.stripe.com/v3/"

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()

    def post_events_to(self, url: str, secret: str) -> None:
        """Have it post its signed events to `url`."""
        self._post("/_config/webhooks/test", {"url": url, "secret": secret})

    def pay(self, payment_intent_id: str, number: str, **card: Any) -> Json:
        """Confirm the intent with a card, as a browser does; the answer is an intent or an error."""
        card = {"exp_month": 12, "exp_year": 2040, "cvc": "123", **card, "number": number}
        method = self._post("/v1/payment_methods", {"type": "card", "card": card})
        if "error" in method:
            return method
        path = f"/v1/payment_intents/{payment_intent_id}"
        # Stripe lets a declined intent be tried again; localstripe holds on to the failed charge.
        changed = self._post(path, {"payment_method": method["id"], "latest_charge": None})
        return changed if "error" in changed else self._post(f"{path}/confirm", {})

    def create(self, path: str, **fields: Any) -> Json:
        """Make any other object, such as a customer at `/v1/customers`; the answer is it, or an error."""
        return self._post(path, fields)

    def authenticate(self, payment_intent_id: str, client_secret: str, *, success: bool) -> Json:
        """Pass or fail 3-D Secure; the answer is an intent or an error."""
        path = f"/v1/payment_intents/{payment_intent_id}/_authenticate?success={str(success).lower()}"
        return self._post(path, {"client_secret": client_secret})

    def _post(self, path: str, content: Json) -> Json:
        request = urllib.request.Request(
            self.address + path,
            data=json.dumps(content).encode(),
            headers={"Content-Type": "application/json", "Authorization": "Bearer sk_test_localstripe"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
        content = json.loads(text or "{}")
        return content

    def _port(self) -> int:
        """The port it says it listens on; it is killed when it does not say so in time."""
        said: Queue[str] = Queue()
        assert self.process.stdout is not None
        threading.Thread(target=_read_line, args=(self.process.stdout, said), daemon=True).start()
        try:
            return int(said.get(timeout=START_LIMIT))
        except (Empty, ValueError):
            self.stop()
            raise RuntimeError("localstripe did not start") from None


def _read_line(stream: IO[str], said: "Queue[str]") -> None:
    said.put(stream.readline())
