"""The project's own virtual environment, for the scripts beside this file. Standard library only."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = str(BIN / ("python.exe" if WINDOWS else "python"))
MANAGE = str(ROOT / "manage.py")
MINIMUM = (3, 11)


class StepFailed(Exception):
    """Something did not work; the message says what, and what to do."""


def ready(requirements: str) -> None:
    """Make `.venv` when it is missing or broken, and install `requirements` when that file changed.

    Every package is pinned and its hash checked. Raises StepFailed.
    """
    if not venv_works():
        make_venv()
    stamp = VENV / f".installed-{requirements}"
    fingerprint = hashlib.sha256((ROOT / requirements).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    install(requirements)
    stamp.write_text(fingerprint)


def venv_works() -> bool:
    """Whether `.venv` holds a Python that starts, is new enough and has pip."""
    minimum = f"import sys, pip; sys.exit(sys.version_info < {MINIMUM})"
    try:
        return subprocess.run([PYTHON, "-c", minimum], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def make_venv() -> None:
    """A new, empty `.venv` made with the Python that runs this script."""
    print(f"Making {VENV.name} with Python {sys.version.split()[0]} ...", flush=True)
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=not WINDOWS)
    except (subprocess.CalledProcessError, OSError, ImportError) as error:
        raise StepFailed(
            f"Making the virtual environment failed: {error}\n"
            "On Debian and Ubuntu install it first: sudo apt-get install python3-venv"
        ) from error


def install(requirements: str) -> None:
    """Install one pinned file; pip says by itself what it does not like."""
    print(f"Installing {requirements} (a minute or so the first time) ...", flush=True)
    command = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    command += ["--require-hashes", "-r", str(ROOT / requirements)]
    if subprocess.run(command, check=False).returncode:
        raise StepFailed(
            f"Installing {requirements} failed: pip says why above. Is the network reachable? "
            f"Then run this again; delete {VENV.name} to begin anew."
        )


def run(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, timeout: float | None = None
) -> tuple[int, str]:
    """Run `command` in the project's folder: its exit code, and what it printed on both streams.

    After `timeout` seconds it is interrupted with everything it started, and the exit code is -9.
    """
    # A file, not a pipe: a grandchild that outlives the command would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**(os.environ if env is None else env), "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=not WINDOWS,
            )
        except OSError as error:
            return 127, f"{command[0]} does not start: {error}"
        code = finish(process, timeout)
        output.seek(0)
        return code, output.read().decode(errors="replace")


def finish(process: subprocess.Popen[bytes], timeout: float | None) -> int:
    """Wait for the process; whatever ends the wait early ends the process too."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        end(process)
        return -9
    except BaseException:
        end(process)
        raise


def end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt the process and all it started, so that they clean up and say where they were; then kill."""
    if WINDOWS:
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGINT)
            process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(output: str, lines: int = 40) -> str:
    """The last lines of an output, indented."""
    return "\n".join(f"    {line}" for line in output.strip().splitlines()[-lines:])
