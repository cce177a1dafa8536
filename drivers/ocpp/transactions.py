"""What transactions and meter values have in common in all versions of OCPP."""

from typing import Any

from agent.model.clock import Now
from agent.model.readings import DeviceId
from drivers.ocpp import parse
from drivers.ocpp.connector import Connector
from drivers.ocpp.meter import Meter, read_meter
from drivers.ocpp.session import Session

BY_HAND = "Local"
"""The reason of a stop that a user asked for at the charger (OCPP 1.6 §7.37, 2.0.1 ReasonEnumType).
Left out it means the same, and chargers leave it out that do not know; and some give it for ends of
their own, so it counts only together with the card that was shown."""


def accepts(connector: Connector, tag: str) -> bool:
    """Whether a card may charge here; Hearth's own always may. Cards have no case."""
    allowed = connector.config.accept_tags
    return allowed == "open" or tag.upper() in (*allowed, connector.config.id_tag.upper())


def connector_of(session: Session, number: object) -> Connector | None:
    """The connector of that number; of a box with one charger any odd number is that one."""
    connector_id = parse.integer(number)
    connector = session.connectors.get(connector_id) if connector_id is not None else None
    if connector is None and session.alone and connector_id in (None, 0):
        return next(iter(session.connectors.values()))
    return connector


def device_of(session: Session, connector: Connector | None, number: object) -> DeviceId:
    """Whom the book knows it under; a socket that no config names still has its facts kept."""
    if connector is not None:
        return connector.device
    session.anomalies.count("transaction at a connector that is not in the config file")
    first = next(iter(session.connectors.values()))
    return DeviceId(f"{first.device}_connector_{parse.integer(number) or 0}")


async def close_older(
    session: Session, connector: Connector, newer_id: int, register_wh: float | None, now: Now
) -> None:
    """A new transaction ends whatever the charger forgot to end.

    Args:
        register_wh: at the start of the new one.
    """
    mine = (t for t in session.records.unfinished.values() if t.charger == connector.device)
    older = {t.id for t in mine}
    if connector.transaction is not None:
        older.add(connector.transaction.id)
    for transaction_id in older - {newer_id}:
        await infer_end(session, connector, transaction_id, register_wh, now)


async def infer_end(
    session: Session,
    connector: Connector,
    transaction_id: int,
    register_wh: float | None,
    now: Now,
) -> None:
    """Close the record of a transaction that has ended without a word."""
    await session.shared.book.close_transaction(
        charger=connector.device,
        transaction_id=transaction_id,
        stopped_at=now.at,
        meter_stop_wh=register_wh,
        reason=None,
        reconstructed=True,
    )
    session.records.forget(transaction_id, connector.device)


def adopted(
    session: Session,
    connector: Connector,
    said_id: int | None,
    now: Now,
    name: str | None = None,
) -> dict[str, Any]:
    """A transaction that Hearth did not see start runs all the same.

    Args:
        name: what the charger calls it, OCPP 2.x.
    """
    if said_id is None or not 0 < said_id < 2**31 or said_id in session.records.ended:
        return {}
    if connector.transaction is None:
        return connector.on_start(session.records.adopt(connector.name, said_id, name), now)
    if connector.transaction.id != said_id:
        session.anomalies.count("meter values of an unknown transaction")
    else:
        connector.doubt.on_sample(now.mono_s)
    return {}


def metered(session: Session, number: object, values: object) -> Connector | None:
    """Whose meter values these are; None if nobody's."""
    connector = connector_of(session, number)
    if not isinstance(values, list):
        session.anomalies.count("MeterValues without values")
        return None
    if connector is None:
        return None
    numbered = parse.integer(number) == connector.config.connector
    connector.has_own_meter = connector.has_own_meter or numbered
    # the main meter of the box is another one
    return connector if numbered or not connector.has_own_meter else None


def take_values(
    session: Session, connector: Connector, values: object, now: Now, *, numbers: bool = False
) -> dict[str, Any] | None:
    """Take those of a list of meter values that are live; None if none is.

    Args:
        numbers: this version of OCPP writes values as numbers.
    """
    said: dict[str, Any] | None = None
    for value in values if isinstance(values, list) else ():
        if not isinstance(value, dict):
            continue
        samples = value.get("sampledValue")
        stamp = session.stamps.read(value.get("timestamp"), now, live=_is_trigger(samples))
        if stamp.late:
            continue
        odd = session.anomalies.count
        meter = read_meter(samples, connector.config.phases, odd, numbers=numbers)
        news = connector.on_meter(meter, now)
        said = (said or {}) | {name: v for name, v in news.items() if v is not None}
        _check_limit(session, connector, meter, now)
    return said


def _check_limit(session: Session, connector: Connector, meter: Meter, now: Now) -> None:
    amps = [a for a in meter.currents_a if a is not None]
    if amps and connector.limiter.measured(max(amps), now):
        session.anomalies.count("draws more than the limit that it accepted")
        session.work.set()


def _is_trigger(samples: object) -> bool:
    return isinstance(samples, list) and any(
        isinstance(sample, dict) and sample.get("context") == "Trigger" for sample in samples
    )
