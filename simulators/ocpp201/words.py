"""The messages of a box that speaks OCPP 2.0.1: a transaction is told in TransactionEvents."""

from collections.abc import Callable, Sequence
from typing import Any

from simulators.charger.cables import CableState
from simulators.charger.transaction import Outgoing, Payload, Transaction
from simulators.clock import iso

EVSE = {"id": 1, "connectorId": 1}
FLOWS = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE"})
PLUGS = frozenset({"Available", "Unavailable", "Reserved", "Faulted"})
REASONS = {
    # reason of 1.6: (triggerReason, stoppedReason)
    "EVDisconnected": ("EVCommunicationLost", "EVDisconnected"),
    "Remote": ("RemoteStop", "Remote"),
    "DeAuthorized": ("Deauthorized", "DeAuthorized"),
    "HardReset": ("ResetCommand", "ImmediateReset"),
    "SoftReset": ("ResetCommand", "ImmediateReset"),
    "UnlockCommand": ("UnlockCommand", "Other"),
}
TRIGGERS = {"Sample.Periodic": "MeterValuePeriodic", "Sample.Clock": "MeterValueClock"}
UNKNOWN_MEASURANDS = frozenset({"Temperature"})


class Words201:
    """Args:
    online: whether the central system can be told now.
    """

    def __init__(self, online: Callable[[], bool], subprotocol: str = "ocpp2.0.1") -> None:
        self._online = online
        self.subprotocol = subprotocol

    def boot(self, vendor: str, model: str, serial_number: str) -> Payload:
        station = {"model": model, "vendorName": vendor, "serialNumber": serial_number}
        return {"reason": "PowerUp", "chargingStation": station | {"firmwareVersion": "2.1.0"}}

    def status_word(self, status: str) -> str:
        return status if status in PLUGS else "Occupied"

    def status(self, connector: int, status: str, at_s: float) -> Outgoing | None:
        payload = {
            "timestamp": iso(at_s),
            "connectorStatus": self.status_word(status),
            "evseId": 1,
            "connectorId": connector,
        }
        message = Outgoing(action="StatusNotification", build=lambda: payload)
        return message if connector else None

    def authorize(self, id_tag: str) -> Outgoing:
        payload = {"idToken": {"idToken": id_tag, "type": "ISO14443"}}
        return Outgoing(action="Authorize", build=lambda: payload)

    def started(self, tx: Transaction) -> Outgoing:
        remote = tx.remote_start_id is not None
        more: Payload = {"evse": EVSE, "idToken": _token(tx)}
        info: Payload = {"chargingState": "EVConnected"}
        if remote:
            info["remoteStartId"] = tx.remote_start_id
        values = [_register(tx.meter_start_wh, "Transaction.Begin")]
        trigger = "RemoteStart" if remote else "Authorized"
        return self._event("Started", tx, tx.started_s, trigger, info, values, more)

    def flowing(self, tx: Transaction, status: str, at_s: float) -> Outgoing | None:
        if status not in FLOWS:
            return None
        info = {"chargingState": status}
        return self._event("Updated", tx, at_s, "ChargingStateChanged", info, [], {})

    def stopped(self, tx: Transaction, state: CableState, reason: str) -> Outgoing:
        trigger, stopped = REASONS.get(reason, ("AbnormalCondition", "Other"))
        flow = "EVConnected" if state.plugged else "Idle"
        info = {"chargingState": flow, "stoppedReason": stopped}
        values = [_register(state.meter_wh, "Transaction.End")]
        return self._event("Ended", tx, state.at_s, trigger, info, values, {})

    def metered(
        self, tx: Transaction | None, at_s: float, values: Sequence[Payload], context: str
    ) -> Outgoing | None:
        sampled = [_sample(v) for v in values if v["measurand"] not in UNKNOWN_MEASURANDS]
        if not sampled:
            return None
        if tx is not None:
            trigger = TRIGGERS.get(context, "Trigger")
            event = self._event("Updated", tx, at_s, trigger, {}, sampled, {})
            event.kind = "MeterValues"
            return event
        payload = {"evseId": 1, "meterValue": [{"timestamp": iso(at_s), "sampledValue": sampled}]}
        return Outgoing(action="MeterValues", build=lambda: payload)

    def verdict(self, answer: Payload) -> str | None:
        status: str | None = answer.get("idTokenInfo", {}).get("status")
        return status

    def took(self, tx: Transaction, answer: Payload) -> None:
        """The name is the box's own."""

    def name_of(self, tx: Transaction) -> int | str:
        return tx.name

    def _event(
        self,
        kind: str,
        tx: Transaction,
        at_s: float,
        trigger: str,
        info: Payload,
        values: list[Payload],
        more: Payload,
    ) -> Outgoing:
        payload: dict[str, Any] = {
            "eventType": kind,
            "timestamp": iso(at_s),
            "triggerReason": trigger,
            "seqNo": tx.next_number(),
            "transactionInfo": {"transactionId": tx.name, **info},
            **more,
        }
        if not self._online():
            payload["offline"] = True
        if values:
            payload["meterValue"] = [{"timestamp": iso(at_s), "sampledValue": values}]
        return Outgoing(action="TransactionEvent", build=lambda: payload, durable=True)


def _token(tx: Transaction) -> Payload:
    kind = "ISO14443" if tx.remote_start_id is None else "Central"
    return {"idToken": tx.id_tag, "type": kind}


def _register(meter_wh: float, context: str) -> Payload:
    measurand = "Energy.Active.Import.Register"
    unit = {"unit": "Wh"}
    value = {"value": round(meter_wh, 1), "context": context, "measurand": measurand}
    return {**value, "location": "Outlet", "unitOfMeasure": unit}


def _sample(entry: Payload) -> Payload:
    """A sampledValue of 1.6 as one of 2.0.1."""
    kept = {name: value for name, value in entry.items() if name not in {"value", "unit"}}
    return {**kept, "value": float(entry["value"]), "unitOfMeasure": {"unit": entry["unit"]}}
