"""The messages of a box that speaks OCPP 1.6."""

from collections.abc import Sequence

from simulators.charger.cables import CableState
from simulators.charger.transaction import Outgoing, Payload, Transaction
from simulators.clock import iso


class Words16:
    """Args:
    numbers_as_text: it writes meter readings of transactions as strings.
    """

    subprotocol = "ocpp1.6"

    def __init__(self, *, numbers_as_text: bool = False) -> None:
        self._number = str if numbers_as_text else int

    def boot(self, vendor: str, model: str, serial_number: str) -> Payload:
        return {
            "chargePointVendor": vendor,
            "chargePointModel": model,
            "chargePointSerialNumber": serial_number,
            "firmwareVersion": "1.4.2",
            "meterType": "internal",
        }

    def status_word(self, status: str) -> str:
        return status

    def status(self, connector: int, status: str, at_s: float) -> Outgoing:
        payload = {
            "connectorId": connector,
            "errorCode": "NoError",
            "status": status,
            "timestamp": iso(at_s),
        }
        return Outgoing(action="StatusNotification", build=lambda: payload)

    def authorize(self, id_tag: str) -> Outgoing:
        payload = {"idTag": id_tag}
        return Outgoing(action="Authorize", build=lambda: payload)

    def started(self, tx: Transaction) -> Outgoing:
        payload = {
            "connectorId": 1,
            "idTag": tx.id_tag,
            "meterStart": self._number(tx.meter_start_wh),
            "timestamp": iso(tx.started_s),
        }
        return Outgoing(action="StartTransaction", build=lambda: payload, durable=True)

    def flowing(self, _tx: Transaction, _status: str, _at_s: float) -> None:
        """A status says it all."""

    def stopped(self, tx: Transaction, state: CableState, reason: str) -> Outgoing:
        return Outgoing(
            action="StopTransaction",
            build=lambda: {
                "transactionId": tx.wire_id,
                "meterStop": self._number(round(state.meter_wh)),
                "timestamp": iso(state.at_s),
                "reason": reason,
            },
            durable=True,
        )

    def metered(
        self, tx: Transaction | None, at_s: float, values: Sequence[Payload], _context: str
    ) -> Outgoing | None:
        if not values:
            return None

        def build() -> Payload:
            payload: Payload = {
                "connectorId": 1,
                "meterValue": [{"timestamp": iso(at_s), "sampledValue": list(values)}],
            }
            if tx is not None and tx.id is not None:
                payload["transactionId"] = tx.id
            return payload

        return Outgoing(action="MeterValues", build=build, durable=tx is not None)

    def verdict(self, answer: Payload) -> str | None:
        status: str | None = answer.get("idTagInfo", {}).get("status")
        return status

    def took(self, tx: Transaction, answer: Payload) -> None:
        tx.id = int(answer["transactionId"])

    def name_of(self, tx: Transaction) -> int | str:
        return tx.wire_id
