#!/usr/bin/env python3
"""From a bare clone to a running PureLaka: python3 scripts/start.py

Makes `.venv`, installs the pinned requirements, writes `.env`, migrates, loads demo data once and
serves. The next time only what changed is done again. Standard library only.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must get this far to be told
    sys.exit(
        "PureLaka needs Python 3.11 or newer, and this is {}.{}. Start this script with a newer one, "
        "for example: python3.12 scripts/start.py".format(*sys.version_info)
    )

import argparse
import os
import secrets
import socket
import subprocess
import time

from environment import MANAGE, PYTHON, ROOT, WINDOWS, StepFailed, ready, run, tail

LOCAL = ("127.0.0.1", "localhost", "::1")


def main() -> None:
    options = parse_options()
    try:
        if options.serve:
            check_port(options.host, options.port)
        ready("requirements.txt")
        write_env_file()
        env = dict(os.environ)
        if options.database_url:
            env["DATABASE_URL"] = options.database_url
        logins = prepare(env, demo=options.demo)
    except StepFailed as error:
        sys.exit(f"\n{error}")
    welcome(options, logins)
    if options.serve:
        serve(options.host, options.port, env)


def parse_options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description="Install, migrate, load demo data and serve PureLaka.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    add("--port", type=port_number, default=8000, help="port to listen on (default: 8000)")
    add("--no-demo", dest="demo", action="store_false", help="load no demo data")
    add("--database-url", default="", help="postgresql://... (default: as in .env, else a SQLite file)")
    add("--no-serve", dest="serve", action="store_false", help="prepare everything, but do not serve")
    return parser.parse_args()


def port_number(text: str) -> int:
    """A port a program may listen on."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: say a number from 1 to 65535")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Say now, not after the installation, that the port can't be had. Raises StepFailed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if not WINDOWS:  # elsewhere it would let two programs share the port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StepFailed(
            f"Can't listen on {host} port {port}: {error}.\n"
            f"Stop the program that uses it, or choose another port: --port {port + 1}"
        ) from error


def write_env_file() -> None:
    """A `.env` with fresh secrets, unless there is one. Only its owner may read it."""
    path = ROOT / ".env"
    if path.exists() or os.environ.get("ENV_FILE"):
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("# Made by scripts/start.py. Every variable is described in .env.example.\n")
        file.write(f"SECRET_KEY={secrets.token_urlsafe(50)}\n")
        file.write(f"STRIPE_WEBHOOK_SECRET=whsec_{secrets.token_hex(24)}\n")
        file.write(f"AUDIT_SEAL_KEY={secrets.token_urlsafe(32)}\n")
    print("Wrote .env with fresh secrets.")


def prepare(env: dict[str, str], *, demo: bool) -> str:
    """Bring the database and its figures up to date. The demo's logins, when it has any."""
    step("Migrating the database", env, "migrate", "--no-input")
    told = load_demo(env) if demo else ""
    step("Building daily figures", env, "build_snapshots")
    return told[told.index("Logins") :].strip() if "Logins" in told else ""


def load_demo(env: dict[str, str]) -> str:
    """Fill an empty store with demo data; what seed_demo said. Raises StepFailed."""
    try:
        return step("Loading demo data (half a minute the first time)", env, "seed_demo")
    except StepFailed as error:
        raise StepFailed(f"{error}\nTo start without demo data: --no-demo") from error


def step(title: str, env: dict[str, str], *command: str) -> str:
    """Run one management command quietly; its output. Raises StepFailed with the end of it."""
    print(f"{title} ...", end=" ", flush=True)
    began = time.monotonic()
    code, output = run([PYTHON, MANAGE, *command], env=env)
    if code:
        print("failed")
        raise StepFailed(f"manage.py {' '.join(command)} ended with {code}:\n{tail(output)}")
    print(f"{time.monotonic() - began:.1f} s", flush=True)
    return output


def welcome(options: argparse.Namespace, logins: str) -> None:
    """Where to go, and as whom."""
    if logins:
        print(f"\n{logins}")
    if not options.serve:
        print("\nReady. Run this again without --no-serve to serve.")
        return
    everywhere = options.host in ("0.0.0.0", "::")  # noqa: S104
    print(f"\nPureLaka runs at http://{address('localhost' if everywhere else options.host, options.port)}/")
    if options.host not in LOCAL:
        print("To open it from another machine, add the name it uses to ALLOWED_HOSTS in .env.")
    print("Stop it with Ctrl-C.", flush=True)


def serve(host: str, port: int, env: dict[str, str]) -> None:
    """Become the web server: gunicorn, or Django's own where there is no gunicorn."""
    os.chdir(ROOT)
    if WINDOWS:
        runserver = [PYTHON, MANAGE, "runserver", "--noreload", address(host, port)]
        sys.exit(subprocess.run(runserver, env=env, check=False).returncode)
    gunicorn = [PYTHON, "-m", "gunicorn", "purelaka.wsgi", "--bind", address(host, port)]
    os.execve(PYTHON, [*gunicorn, "--log-level", "warning"], env)  # from here on, signals are gunicorn's


def address(host: str, port: int) -> str:
    """As URLs and gunicorn write it: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
