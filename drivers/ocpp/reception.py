"""What a charger is told when it boots, beats or shows a card; the same in all versions."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agent.model.clock import Now
from agent.model.readings import Reading
from drivers.ocpp.audit import judge_boot
from drivers.ocpp.dialect import Reply
from drivers.ocpp.knowledge import Model
from drivers.ocpp.session import Session
from drivers.ocpp.states import Status
from drivers.ocpp.transactions import accepts

log = logging.getLogger(__name__)

PLUG_AND_CHARGE = "org.openchargealliance.iso15118pnc"


def wire_time(at: datetime) -> str:
    """ISO 8601 in UTC with Z, as chargers expect it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


async def greet(session: Session, model: Model, now: Now) -> Reply:
    """Answer a BootNotification."""
    await session.knowledge.introduce(model)
    await judge_boot(session, now.mono_s)
    session.booted_s = now.mono_s
    session.audit_due = True
    session.work.set()
    reply = {
        "status": "Accepted",
        "currentTime": wire_time(now.at),
        "interval": session.quirks.heartbeat_s or session.heartbeat_s,
    }
    readings = [
        connector.reading(
            now,
            vendor=model.vendor or None,
            model=model.model or None,
            serial_number=model.serial_number or session.identity,
            firmware=model.firmware or None,
        )
        for connector in session.connectors.values()
    ]
    return reply, readings


async def beat(session: Session, _: dict[str, Any], now: Now) -> Reply:
    """Answer a Heartbeat."""
    readings = [c.reading(now, **c.still(now)) for c in session.connectors.values()]
    return {"currentTime": wire_time(now.at)}, readings


def let_charge(session: Session, tag: str, now: Now) -> tuple[bool, Sequence[Reading]]:
    """Whether a card is welcome, and what that says of cars that wait for one."""
    if not any(accepts(connector, tag) for connector in session.connectors.values()):
        log.info("%s: card ...%s is not on the list", session.name, tag[-4:])
        return False, ()
    readings = []
    for connector in session.connectors.values():
        if connector.status is Status.PREPARING and connector.transaction is None:
            connector.on_start_asked(now)
            readings.append(connector.reading(now, id_tag=tag or None))
    return True, readings


async def transfer_data(_: Session, payload: dict[str, Any], __: Now) -> Reply:
    """Answer a DataTransfer."""
    known = payload.get("vendorId") == PLUG_AND_CHARGE
    return {"status": "Rejected" if known else "UnknownVendorId"}, ()


async def sign_certificate(_: Session, __: dict[str, Any], ___: Now) -> Reply:
    """Answer a SignCertificate: Hearth issues none."""
    return {"status": "Rejected"}, ()
