"""What a charger's requests of OCPP 1.6 mean: replies, Readings and entries in the book."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from agent.model.clock import Now
from agent.model.readings import Reading
from drivers.ocpp import parse, rpc
from drivers.ocpp.audit import judge_boot
from drivers.ocpp.knowledge import Model
from drivers.ocpp.session import Session
from drivers.ocpp.states import Status
from drivers.ocpp.upkeep import close_lost
from drivers.ocpp.v16_transactions import accepts, adopted, meter_values, start, stop

log = logging.getLogger(__name__)

Reply = tuple[dict[str, Any] | rpc.Fault, Sequence[Reading]]
Handler = Callable[[Session, dict[str, Any], Now], Awaitable[Reply]]

ACKNOWLEDGED = frozenset(
    {
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "SecurityEventNotification",
        "SignedFirmwareStatusNotification",
    }
)
RUNNING = frozenset({Status.CHARGING, Status.SUSPENDED_EV, Status.SUSPENDED_EVSE})
"""In these a transaction runs, if the charger keeps transactions at all."""
NO_ERROR = "NoError"
PLUG_AND_CHARGE = "org.openchargealliance.iso15118pnc"


class V16:
    """OCPP 1.6J; without state of its own."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {
            "Authorize": _authorize,
            "BootNotification": _boot,
            "DataTransfer": _data_transfer,
            "Heartbeat": _heartbeat,
            "MeterValues": meter_values,
            "SignCertificate": _sign_certificate,
            "StartTransaction": start,
            "StatusNotification": _status,
            "StopTransaction": stop,
        }

    async def handle(self, session: Session, call: rpc.Call, now: Now) -> Reply:
        handler = self._handlers.get(call.action)
        if handler is not None:
            return await handler(session, call.payload, now)
        if call.action in ACKNOWLEDGED:
            return {}, ()
        session.anomalies.count(f"unknown request {parse.text(call.action, 40)}")
        return rpc.Fault(id=call.id, code="NotImplemented", description=""), ()


def wire_time(at: datetime) -> str:
    """ISO 8601 in UTC with Z, as chargers expect it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


async def _boot(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    model = Model(
        vendor=parse.text(payload.get("chargePointVendor")) or "",
        model=parse.text(payload.get("chargePointModel")) or "",
        serial_number=parse.text(payload.get("chargePointSerialNumber"))
        or parse.text(payload.get("chargeBoxSerialNumber")),
        firmware=parse.text(payload.get("firmwareVersion")) or "",
    )
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


async def _heartbeat(session: Session, _: dict[str, Any], now: Now) -> Reply:
    readings = [c.reading(now, **c.still(now)) for c in session.connectors.values()]
    return {"currentTime": wire_time(now.at)}, readings


async def _status(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    number = parse.integer(payload.get("connectorId"))
    word = parse.text(payload.get("status"), 40)
    try:
        status = Status(word or "")
    except ValueError:
        session.anomalies.count("unknown status")
        return {}, ()
    connectors = [c for n, c in session.connectors.items() if n == number]
    if number == 0 and status is Status.AVAILABLE:
        _ask_again(session)
    elif number == 0:
        connectors = list(session.connectors.values())  # the whole box is out of order
    readings = []
    for connector in connectors:
        # a status holds from its timestamp until the next one: an old stamp makes no old status
        said = connector.on_status(status, now)
        await close_lost(session, connector, now)
        if status in RUNNING and connector.transaction is None:
            said |= adopted(
                session, connector, session.records.newest_unfinished(connector.device), now
            )
        readings.append(connector.reading(now, **said, problem=_problem(payload, status)))
    session.work.set()
    return {}, readings


def _ask_again(session: Session) -> None:
    """The whole box is in order again; its connectors may not say so by themselves."""
    for connector in session.connectors.values():
        if connector.status in (Status.UNAVAILABLE, Status.FAULTED):
            connector.status_is_fresh = False
            session.audit_due = True


def _problem(payload: dict[str, Any], status: Status) -> str:
    code = parse.text(payload.get("errorCode"), 50) or NO_ERROR
    if code == NO_ERROR and status is not Status.FAULTED:
        return ""
    details = [parse.text(payload.get(name), 100) for name in ("info", "vendorErrorCode")]
    return "the charger reports " + ", ".join([code, *(d for d in details if d)])


async def _authorize(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    tag = parse.text(payload.get("idTag")) or ""
    welcome = any(accepts(connector, tag) for connector in session.connectors.values())
    if not welcome:
        log.info("%s: card ...%s is not on the list", session.name, tag[-4:])
        return {"idTagInfo": {"status": "Invalid"}}, ()
    readings = []
    for connector in session.connectors.values():
        if connector.status is Status.PREPARING and connector.transaction is None:
            connector.on_start_asked(now)
            readings.append(connector.reading(now, id_tag=tag or None))
    return {"idTagInfo": {"status": "Accepted"}}, readings


async def _data_transfer(_: Session, payload: dict[str, Any], __: Now) -> Reply:
    known = payload.get("vendorId") == PLUG_AND_CHARGE
    return {"status": "Rejected" if known else "UnknownVendorId"}, ()


async def _sign_certificate(_: Session, __: dict[str, Any], ___: Now) -> Reply:
    return {"status": "Rejected"}, ()
