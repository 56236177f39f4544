"""The manual of the checks, made from their docstrings."""

from itertools import groupby

from monitoring.check import Check, registry

HEAD = """# What is checked

Made by `manage.py check_docs` from `monitoring/checks/`; a test fails when the two differ.

Facts flow one way, from Stripe to a report, and each arrow has checks that compare its two ends. A check
is one question to the database. What it finds becomes an issue, one for each thing that disagrees:

- An issue opens when a check finds it, closes by itself when the check no longer does, and opens again
  when it comes back. A person can resolve one with a note; while its cause is still there the next run
  opens it again, with the note kept. Only a check that asks for a person's decision leaves it resolved.
- `manage.py run_checks --fail-on-issues` exits 0 only if every check ran on fresh data and nothing is
  open; 1 while issues are open; 2 when a check crashed, was skipped or ran on stale data, for then
  nothing is proven. Without the option open issues exit 0; what is not proven is 2 all the same.
  `--only NAME …` runs some, `--json` is for machines.
- Stale are the rollups when ledger entries wait for them and none was built within the hour.
- Two runs at once wait for each other. Each run of each check is kept for seven days.

`manage.py tick` does the periodic work, the checks included: reservations that ran out, failed events,
payments that missed their order, orders that wait for stock, refund requests without an answer, balance
transactions that are missing, rollups. One process at a time; run it every minute from cron
(`* * * * * .venv/bin/python manage.py tick`) or keep it going with `--loop 60`.
"""


def checks_manual() -> str:
    """The Markdown of `docs/monitoring.md`."""
    by_arrow = sorted(registry.values(), key=lambda check: list(registry).index(check.name))
    parts = [HEAD]
    for arrow, checks in groupby(by_arrow, key=lambda check: check.arrow):
        parts.append(f"\n## {arrow}\n")
        parts += [_entry(check) for check in checks]
    return "".join(parts)


def _entry(check: Check) -> str:
    decides = ", a person decides" if check.person_decides else ""
    return f"\n### `{check.name}` ({check.severity}{decides})\n\n{check.title}.\n\n{check.description}\n"
