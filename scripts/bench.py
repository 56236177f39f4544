#!/usr/bin/env python3
"""Speed, as ratios measured in one run: python3 scripts/bench.py webhook

Each benchmark prints a table and exits 1 when a stated limit is missed. They run on a Postgres of
their own, from a wheel, with its durable defaults.
"""

import os
import sys
from pathlib import Path

from environment import PYTHON, ready

if Path(sys.prefix) != Path(PYTHON).parent.parent:
    ready("requirements-dev.txt")
    os.execv(PYTHON, [PYTHON, *sys.argv])

import argparse

from benchmarks import analytics, desk, webhook

BENCHMARKS = {"webhook": webhook, "desk": desk, "analytics": analytics}


def main() -> int:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    which = parser.add_subparsers(dest="name", required=True)
    for name, benchmark in BENCHMARKS.items():
        benchmark.add_arguments(which.add_parser(name, help=(benchmark.__doc__ or "").splitlines()[0]))
    options = parser.parse_args()
    return int(BENCHMARKS[options.name].run(options))


if __name__ == "__main__":
    sys.exit(main())
