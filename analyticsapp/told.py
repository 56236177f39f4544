"""Charges and disputes as Stripe's events had told of them by an earlier moment.

A fact keeps the newest only; the inbox keeps every event with the moment it came.
"""

from django.db import connection

from analyticsapp.known import Known, moment_literal

# {known} narrows to the events that had come. What no event told of counts from LEARNT on.
STATUS = """
    CASE WHEN EXISTS ({of fact}) THEN (
        SELECT {status} FROM payments_stripeevent AS said
        WHERE said.object_id = fact.{key} AND said.status <> 'failed' AND {known}
        ORDER BY said.created DESC, CASE WHEN {status} IN ({last}) THEN 0 ELSE 1 END, said.event_id DESC
        LIMIT 1
    ) WHEN {learnt} < {moment} THEN fact.status END AS status
"""
OF_FACT = """
    SELECT 1 FROM payments_stripeevent AS said
    WHERE said.object_id = fact.{key} AND said.status <> 'failed'
"""
CHARGES = """
    SELECT fact.id, fact.charge_id, fact.order_id, fact.provider, fact.currency, fact.created,
        fact.amount_captured, {status then},
        CASE WHEN fact.balance_transaction_id = '' OR NOT EXISTS ({of fact})
            OR EXISTS ({of fact} AND {known} AND COALESCE({transaction}, '') <> '')
        THEN fact.balance_transaction_id ELSE '' END AS balance_transaction_id
    FROM payments_charge AS fact
"""
DISPUTES = """
    SELECT fact.id, fact.dispute_id, fact.order_id, fact.currency, fact.created, fact.amount, {status then}
    FROM payments_dispute AS fact
"""
# Of two events of one second, the one that says how it ended is the later.
LEARNT = {"charge_id": "fact.as_of", "dispute_id": "fact.status_known_at"}
LAST = {"charge_id": "'succeeded', 'failed'", "dispute_id": "'won', 'lost', 'warning_closed', 'prevented'"}


def charges(past: Known) -> str:
    """The charges, to be put after FROM: with the state and the balance transaction they had by then."""
    return f"({_then(CHARGES, 'charge_id', past)})" if past.before else "payments_charge"


def disputes(past: Known) -> str:
    """The disputes, to be put after FROM: with the state they had by then; NULL of what was not known."""
    return f"({_then(DISPUTES, 'dispute_id', past)})" if past.before else "payments_dispute"


def _then(query: str, key: str, past: Known) -> str:
    assert past.before is not None
    text = query.replace("{status then}", STATUS.replace("{last}", LAST[key])).replace("{of fact}", OF_FACT)
    text = text.replace("{key}", key).replace("{known}", past.events("said"))
    text = text.replace("{learnt}", LEARNT[key]).replace("{moment}", moment_literal(past.before))
    return text.replace("{status}", _said("status")).replace("{transaction}", _said("balance_transaction"))


def _said(name: str) -> str:
    """A field of the object that an event is about."""
    if connection.vendor == "postgresql":
        return f"CAST(said.payload AS json) #>> '{{data,object,{name}}}'"
    return f"json_extract(said.payload, '$.data.object.{name}')"
