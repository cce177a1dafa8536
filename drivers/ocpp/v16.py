"""What a charger's requests of OCPP 1.6 mean: replies, Readings and entries in the book."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from agent.model.clock import Now
from drivers.ocpp import parse, rpc, v16_requests
from drivers.ocpp.connector import Connector
from drivers.ocpp.dialect import Reply
from drivers.ocpp.knowledge import Model
from drivers.ocpp.limits import Write
from drivers.ocpp.reception import beat, greet, let_charge, sign_certificate, transfer_data
from drivers.ocpp.requests import Request
from drivers.ocpp.session import Session
from drivers.ocpp.states import Status
from drivers.ocpp.transactions import adopted
from drivers.ocpp.upkeep import close_lost
from drivers.ocpp.v16_settings import set_keys
from drivers.ocpp.v16_transactions import meter_values, start, stop

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


class V16:
    """OCPP 1.6J; without state of its own."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {
            "Authorize": _authorize,
            "BootNotification": _boot,
            "DataTransfer": transfer_data,
            "Heartbeat": beat,
            "MeterValues": meter_values,
            "SignCertificate": sign_certificate,
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

    async def recover(self, session: Session) -> None:
        """OCPP 1.6 knows no way to ask."""

    async def configure(self, session: Session) -> None:
        await set_keys(session)

    def limit(self, _: Connector, write: Write) -> Request:
        return v16_requests.set_charging_profile(write.connector, write.profile)

    def composite(self, connector: Connector, duration_s: int, unit: str | None) -> Request:
        return v16_requests.get_composite_schedule(connector.config.connector, duration_s, unit)

    def start(self, connector: Connector, _: Now) -> Request:
        return v16_requests.remote_start(connector.config.connector, connector.config.id_tag)

    def stop(self, connector: Connector) -> Request | None:
        number = connector.transaction_id
        return None if number is None else v16_requests.remote_stop(number)

    def triggers(self, session: Session, connector: Connector, message: str) -> Sequence[Request]:
        """Some chargers take the connector's number, some none, some 0."""
        number = connector.config.connector
        numbers = (number, None, 0) if session.alone else (number,)
        return [v16_requests.trigger(message, number) for number in numbers]


async def _boot(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    model = Model(
        vendor=parse.text(payload.get("chargePointVendor")) or "",
        model=parse.text(payload.get("chargePointModel")) or "",
        serial_number=parse.text(payload.get("chargePointSerialNumber"))
        or parse.text(payload.get("chargeBoxSerialNumber")),
        firmware=parse.text(payload.get("firmwareVersion")) or "",
    )
    return await greet(session, model, now)


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
    welcome, readings = let_charge(session, parse.text(payload.get("idTag")) or "", now)
    return {"idTagInfo": {"status": "Accepted" if welcome else "Invalid"}}, readings
