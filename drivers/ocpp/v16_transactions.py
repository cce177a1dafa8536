"""StartTransaction, StopTransaction and MeterValues of OCPP 1.6.

Never a CallError to these: chargers repeat them until they are confirmed, and hold back
everything after them (OCPP 1.6 §3.7.1).
"""

import asyncio
from typing import Any

from agent.model.clock import Now
from agent.model.driver import Transaction
from drivers.ocpp import parse
from drivers.ocpp.connector import Connector, OpenTransaction
from drivers.ocpp.dialect import Reply
from drivers.ocpp.session import Session
from drivers.ocpp.stamps import LATE_AFTER_S
from drivers.ocpp.transactions import (
    BY_HAND,
    accepts,
    adopted,
    close_older,
    connector_of,
    device_of,
    metered,
    take_values,
)


async def start(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    connector = connector_of(session, payload.get("connectorId"))
    tag = parse.text(payload.get("idTag")) or ""
    transaction, late = await _opened(session, connector, payload, now)
    welcome = connector is None or accepts(connector, tag)
    reply = {
        "transactionId": transaction.id,
        "idTagInfo": {"status": "Accepted" if welcome else "Invalid"},
    }
    if session.quirks.start_reply_delay_s:
        await asyncio.sleep(session.quirks.start_reply_delay_s)
    if (
        connector is None
        or transaction.stopped_at is not None
        or transaction.id in session.records.ended
    ):
        return reply, ()
    if connector.transaction_id == transaction.id:
        session.anomalies.count("StartTransaction repeated")
        return reply, ()
    if late:
        session.records.unfinished[transaction.id] = transaction
        return reply, ()
    await close_older(session, connector, transaction.id, transaction.meter_start_wh, now)
    running = OpenTransaction(
        id=transaction.id,
        id_tag=tag,
        meter_start_wh=transaction.meter_start_wh,
        started_s=now.mono_s,
    )
    said = connector.on_start(running, now)
    session.work.set()
    return reply, [connector.reading(now, **said)]


async def _opened(
    session: Session, connector: Connector | None, payload: dict[str, Any], now: Now
) -> tuple[Transaction, bool]:
    """The transaction, on disk, and whether it is a record from an offline time.

    Chargers repeat a StartTransaction until they hear the answer; the book knows it again by
    its timestamp, which therefore goes there as the charger wrote it unless it is wrong.
    """
    written = parse.timestamp(payload.get("timestamp"))
    stamp = session.stamps.read(payload.get("timestamp"), now)
    tag = parse.text(payload.get("idTag")) or ""
    meter_start_wh = _register(payload.get("meterStart"))
    key = (payload.get("connectorId"), payload.get("timestamp"), meter_start_wh, tag)
    if str(key) in session.records.starts:
        return session.records.starts[str(key)], stamp.late
    near = written is not None and abs((written[0] - stamp.at).total_seconds()) < LATE_AFTER_S
    transaction = await session.shared.book.open_transaction(
        charger=device_of(session, connector, payload.get("connectorId")),
        id_tag=tag,
        started_at=written[0] if written is not None and near else stamp.at,
        meter_start_wh=meter_start_wh,
    )
    session.records.started(str(key), transaction)
    return transaction, stamp.late


async def stop(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    said_id = parse.integer(payload.get("transactionId"))
    stamp = session.stamps.read(payload.get("timestamp"), now)
    connector, transaction_id = _whose(session, said_id, late=stamp.late)
    meter_stop_wh = _register(payload.get("meterStop"))
    if meter_stop_wh is None and connector is not None:
        meter_stop_wh = connector.meter.register_wh
    known = session.records.unfinished.get(transaction_id)
    device = connector.device if connector else known.charger if known else None
    if device is None:
        first = next(iter(session.connectors.values())).device
        device = session.records.ended.get(transaction_id, first)
    await session.shared.book.close_transaction(
        charger=device,
        transaction_id=transaction_id,
        stopped_at=stamp.at,
        meter_stop_wh=meter_stop_wh,
        reason=parse.text(payload.get("reason"), 40) or "Local",
    )
    session.records.forget(transaction_id, device)
    readings = []
    tag = parse.text(payload.get("idTag"))
    if connector is not None:
        by_hand = payload.get("reason") == BY_HAND and bool(tag) and not stamp.late
        said = connector.on_stop(now, by_hand=by_hand)
        if meter_stop_wh is not None:
            said |= connector.on_register(meter_stop_wh, now)
        readings.append(connector.reading(now, **said))
        session.work.set()
    return ({} if tag is None else {"idTagInfo": {"status": "Accepted"}}), readings


def _whose(session: Session, said_id: int | None, *, late: bool) -> tuple[Connector | None, int]:
    """The connector that a StopTransaction ends, and the id to close in the book.

    Chargers that were offline at the start say 0, -1 or nothing.
    """
    for connector in session.connectors.values():
        if said_id is not None and connector.transaction_id == said_id:
            return connector, said_id
    if said_id is not None and said_id > 0:
        return None, said_id
    session.anomalies.count("StopTransaction without a transaction id")
    if len(session.records.unfinished) == 1:
        return None, next(iter(session.records.unfinished))
    running = [c for c in session.connectors.values() if c.transaction is not None]
    if len(running) == 1 and not late and running[0].transaction is not None:
        return running[0], running[0].transaction.id
    return None, said_id or 0


async def meter_values(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    connector = metered(session, payload.get("connectorId"), payload.get("meterValue"))
    if connector is None:
        return {}, ()
    said = take_values(session, connector, payload.get("meterValue"), now)
    if said is None:
        return {}, ()
    said |= adopted(session, connector, parse.integer(payload.get("transactionId")), now)
    return {}, [connector.reading(now, **said)]


def _register(value: object) -> float | None:
    """A meter register in Wh; -1 is how some say that they do not know."""
    register_wh = parse.number(value)
    return None if register_wh is None or register_wh < 0 else register_wh
