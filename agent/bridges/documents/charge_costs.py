"""What one transaction cost: what its session has added to its accounts since it began. Pure.

A session has any number of transactions, and its accounts are brought up to date a moment after
the charger speaks. So a cost may come after the end; what is not known of all energy is null.
"""

from agent.bridges.charges import money, share
from agent.bridges.documents.view import Json
from agent.model.driver import Transaction
from agent.model.picture import NEGLIGIBLE_WH, Session

UNKNOWN: Json = {"cost": None, "currency": None, "ownShare": None}


def mark_of(session: Session | None) -> Json:
    """The accounts of a charger when a transaction begins there; kept until it ends.

    Args:
        session: the one that runs, or the last one.
    """
    if session is None or session.plugged_out_at is not None:
        return {"session": None, "tracedWh": 0.0, "accountedWh": 0.0, "cost": 0.0, "ownWh": 0.0}
    return {
        "session": session.id,
        "tracedWh": session.traced_wh,
        "accountedWh": session.accounted_wh,
        "cost": session.cost or 0.0,
        "ownWh": session.own_wh or 0.0,
    }


def cost_of(value: Transaction, mark: Json | None, session: Session | None) -> Json:
    """`cost`, `currency` and `ownShare` of a transaction that has ended, each null while unknown.

    Args:
        mark: as it was when it began; None = nobody looked.
        session: the one that runs there, or the last one.
    """
    energy_wh = _energy_wh(value)
    if mark is None or session is None or energy_wh is None or not _of(value, mark, session):
        return UNKNOWN
    found = dict(UNKNOWN)
    traced_wh = session.traced_wh - mark["tracedWh"]
    if _is_all(traced_wh, energy_wh) and traced_wh > 0:
        found["ownShare"] = share(((session.own_wh or 0.0) - mark["ownWh"]) / traced_wh)
    if _is_all(session.accounted_wh - mark["accountedWh"], energy_wh) and session.currency:
        found["cost"] = money((session.cost or 0.0) - mark["cost"])
        found["currency"] = session.currency
    return found


def _energy_wh(value: Transaction) -> float | None:
    start_wh, stop_wh = value.meter_start_wh, value.meter_stop_wh
    return None if start_wh is None or stop_wh is None else stop_wh - start_wh


def _of(value: Transaction, mark: Json, session: Session) -> bool:
    """Whether it is the session of the transaction."""
    if mark["session"] is not None:
        return bool(mark["session"] == session.id)
    over_at = session.plugged_out_at
    return over_at is None or over_at >= value.started_at


def _is_all(part_wh: float, energy_wh: float) -> bool:
    """Whether a part is all of it, and no more: counters step by 10 Wh and are late."""
    return abs(part_wh - energy_wh) <= max(NEGLIGIBLE_WH, energy_wh / 100)
