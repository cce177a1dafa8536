"""What a charger's requests of OCPP 2.0.1 mean, and how Hearth's own are written.

2.1 is spoken as this subset of it, with an answer to everything.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from agent.model.clock import Now
from drivers.ocpp import parse, rpc, v201_requests
from drivers.ocpp.connector import Connector
from drivers.ocpp.dialect import Reply
from drivers.ocpp.knowledge import Model
from drivers.ocpp.limits import Write
from drivers.ocpp.reception import beat, greet, let_charge, sign_certificate, transfer_data
from drivers.ocpp.requests import Request
from drivers.ocpp.session import Session
from drivers.ocpp.transactions import metered, take_values
from drivers.ocpp.v201_recovery import recover
from drivers.ocpp.v201_statuses import Statuses
from drivers.ocpp.v201_tokens import tag_of
from drivers.ocpp.v201_transactions import Evses
from drivers.ocpp.v201_variables import Variables

Handler = Callable[[Session, dict[str, Any], Now], Awaitable[Reply]]

ACKNOWLEDGED = frozenset(
    {
        "ClearedChargingLimit",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "NotifyChargingLimit",
        "NotifyCustomerInformation",
        "NotifyDisplayMessages",
        "NotifyMonitoringReport",
        "PublishFirmwareStatusNotification",
        "ReportChargingProfiles",
        "ReservationStatusUpdate",
        "SecurityEventNotification",
    }
)
DECLINED: dict[str, dict[str, Any]] = {
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "GetCertificateStatus": {"status": "Failed"},
    "NotifyEVChargingNeeds": {"status": "Rejected"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
}
"""Plug and Charge and plans of cars: nothing that a home central system does."""
CONTRACT = frozenset({"certificate", "iso15118CertificateHashData"})


class V201:
    """As one charge point speaks it."""

    def __init__(self, session: Session) -> None:
        self._evses = Evses(session)
        self._variables = Variables()
        statuses = Statuses(session, self._evses)
        self._handlers: dict[str, Handler] = {
            "Authorize": _authorize,
            "BootNotification": _boot,
            "DataTransfer": transfer_data,
            "Heartbeat": beat,
            "MeterValues": _meter_values,
            "NotifyEvent": statuses.notify_event,
            "NotifyReport": self._notify_report,
            "SignCertificate": sign_certificate,
            "StatusNotification": statuses.status_notification,
            "TransactionEvent": self._evses.take,
        }

    async def handle(self, session: Session, call: rpc.Call, now: Now) -> Reply:
        handler = self._handlers.get(call.action)
        if handler is not None:
            return await handler(session, call.payload, now)
        if call.action in ACKNOWLEDGED:
            return {}, ()
        if call.action in DECLINED:
            return DECLINED[call.action], ()
        session.anomalies.count(f"unknown request {parse.text(call.action, 40)}")
        return rpc.Fault(id=call.id, code="NotImplemented", description=""), ()

    async def recover(self, session: Session) -> None:
        await recover(session, self._evses.ids)

    async def configure(self, session: Session) -> None:
        await self._variables.configure(session)

    def limit(self, connector: Connector, write: Write) -> Request:
        running = connector.transaction
        name = None if running is None or running.id != write.transaction_id else running.name
        chosen = 1 if connector.chooses_phase and write.phases == 1 else None
        return v201_requests.set_charging_profile(write.connector, write.profile, name, chosen)

    def composite(self, connector: Connector, duration_s: int, unit: str | None) -> Request:
        return v201_requests.get_composite_schedule(connector.config.connector, duration_s, unit)

    def start(self, connector: Connector, now: Now) -> Request:
        number = int(now.at.timestamp()) % 2**31
        config = connector.config
        return v201_requests.start_transaction(config.connector, config.id_tag, number)

    def stop(self, connector: Connector) -> Request | None:
        name = None if connector.transaction is None else connector.transaction.name
        return None if name is None else v201_requests.stop_transaction(name)

    def triggers(self, session: Session, connector: Connector, message: str) -> Sequence[Request]:
        """Of a running transaction the charger tells its state with the meter values."""
        evse = {"id": connector.config.connector}
        ways = [v201_requests.trigger(message, evse)]
        if message == "StatusNotification":
            ways = [v201_requests.trigger(message, {**evse, "connectorId": 1})]
        elif connector.transaction is not None:
            ways.insert(0, v201_requests.trigger("TransactionEvent", evse))
        return [*ways, v201_requests.trigger(message, None)] if session.alone else ways

    async def _notify_report(self, session: Session, payload: dict[str, Any], _: Now) -> Reply:
        self._variables.reported(session, payload)
        return {}, ()


async def _boot(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    said = payload.get("chargingStation")
    station = said if isinstance(said, dict) else {}
    model = Model(
        vendor=parse.text(station.get("vendorName")) or "",
        model=parse.text(station.get("model")) or "",
        serial_number=parse.text(station.get("serialNumber")),
        firmware=parse.text(station.get("firmwareVersion")) or "",
        ocpp=v201_requests.VERSION,
    )
    return await greet(session, model, now)


async def _authorize(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    if CONTRACT & payload.keys():  # a contract that nobody here can verify
        declined = {"status": "Invalid"}
        return {"idTokenInfo": declined, "certificateStatus": "NoCertificateAvailable"}, ()
    welcome, readings = let_charge(session, tag_of(payload.get("idToken")) or "", now)
    return {"idTokenInfo": {"status": "Accepted" if welcome else "Invalid"}}, readings


async def _meter_values(session: Session, payload: dict[str, Any], now: Now) -> Reply:
    connector = metered(session, payload.get("evseId"), payload.get("meterValue"))
    if connector is None:
        return {}, ()
    said = take_values(session, connector, payload.get("meterValue"), now, numbers=True)
    return {}, () if said is None else [connector.reading(now, **said)]
