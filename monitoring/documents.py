"""The manual of the checks, made from their docstrings."""

from itertools import groupby

from monitoring.check import Check, by_arrow

HEAD = """# What is checked

Made by `manage.py check_docs` from `monitoring/checks/`; a test fails when the two differ.

Facts flow one way, from Stripe to a report, and each arrow has checks that compare its two ends. A check
is one question to the database, asked at one moment. What it finds becomes issues, one for each thing that
disagrees.

## Issues

- An issue opens when a check finds it, closes by itself when the check finds it no more, and opens again
  when it comes back.
- A person can resolve one with a note. Where two sources are compared, that does not make them agree: while
  its cause is still there, the next run opens it again, and the note stays with it.
- Where **a person decides** (below), a resolved issue stays resolved, as *accepted*, while the check finds
  the very same. When what is found changes, or goes away and comes back, it opens again.
- Issues of a check that is no more are resolved by the next full run. Each resolve by a person is in the
  audit log.

## The gate

`manage.py run_checks` prints a line for each check with how many things it compared, its time and result, and
ends with a line such as `open=0, resolved=3`; `accepted=…` and `unproven=…` follow when there are any.

| exit code | when |
| --- | --- |
| 0 | every check ran on fresh data and, with `--fail-on-issues`, no issue is open |
| 1 | with `--fail-on-issues`: issues are open |
| 2 | nothing is proven: a check crashed, was skipped or ran on stale data, or there is no such check |

- *Stale* are the rollups when ledger entries wait for them and no build has run within the hour. All else is
  read from the tables as they are at that moment, so it can't be stale.
- *Skipped* are all checks when another run does not end within five minutes (`--wait SECONDS`): two runs at
  once would overwrite what the other has just read.
- `--only NAME …` runs some and counts their issues alone. `--json` prints one object for machines.
- Each run of each check is kept for seven days.

## Periodic work, health

`manage.py tick` does the periodic work: reservations that ran out, failed events, payments that missed their
order, orders that wait for stock, refund requests without an answer, balance transactions that are missing,
mails to customers, rollups, and every five minutes the checks. One process at a time; run it every minute
from cron (`* * * * * .venv/bin/python manage.py tick`) or keep it going with `--loop` (`--loop 300`: every
five minutes). It prints a line for each step; a step that fails stops no other, and the exit code is 1 then.

`/monitoring/healthz/` answers 200, or 503 when the database is away or migrations are missing. It needs no
login and takes one query.
"""


def checks_manual() -> str:
    """The Markdown of `docs/monitoring.md`."""
    parts = [HEAD]
    for arrow, checks in groupby(by_arrow(), key=lambda check: check.arrow):
        parts.append(f"\n## {arrow}\n")
        parts += [_entry(check) for check in checks]
    return "".join(parts)


def _entry(check: Check) -> str:
    decides = ", a person decides" if check.person_decides else ""
    return f"\n### `{check.name}` ({check.severity}{decides})\n\n{check.title}.\n\n{check.description}\n"
