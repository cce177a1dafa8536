"""A transaction and the messages about it, as they wait to be sent."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.clock import iso
from simulators.ocpp16.cables import Amps, CableState

Payload = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Transaction:
    """Args:
    id: the central system's, None until it has answered.
    """

    id_tag: str
    started_s: float
    meter_start_wh: int
    id: int | None = None

    @property
    def wire_id(self) -> int:
        """-1 where the central system never gave one (errata: the start was lost)."""
        return -1 if self.id is None else self.id


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """Args:
    build: the payload at the moment of sending; ids may come in while it waits.
    durable: kept while offline and tried again; everything about transactions is.
    done: told of the answer.
    """

    action: str
    build: Callable[[], Payload]
    durable: bool = False
    done: Callable[[Payload], None] | None = None
    attempts: int = 0


def start_payload(tx: Transaction) -> Payload:
    return {
        "connectorId": 1,
        "idTag": tx.id_tag,
        "meterStart": tx.meter_start_wh,
        "timestamp": iso(tx.started_s),
    }


def stop_payload(tx: Transaction, at_s: float, meter_wh: float, reason: str) -> Payload:
    return {
        "transactionId": tx.wire_id,
        "meterStop": round(meter_wh),
        "timestamp": iso(at_s),
        "reason": reason,
    }


def _values(measurand: str, state: CableState, offered: Amps) -> list[tuple[str, Payload]]:
    """(value, the other fields) for one measurand; phases apart; nothing if it is not known."""
    match measurand:
        case "Energy.Active.Import.Register":
            return [(f"{state.meter_wh:.1f}", {"unit": "Wh"})]
        case "Power.Active.Import":
            return [(f"{state.power_w:.1f}", {"unit": "W"})]
        case "Current.Import":
            return [
                (f"{current_a:.2f}", {"unit": "A", "phase": f"L{phase}"})
                for phase, current_a in enumerate(state.currents_a, 1)
            ]
        case "Voltage":
            return [
                (f"{voltage_v:.1f}", {"unit": "V", "phase": f"L{phase}-N"})
                for phase, voltage_v in enumerate(state.voltages_v, 1)
            ]
        case "Current.Offered":
            return [(f"{max(offered):.1f}", {"unit": "A"})]
        case "SoC" if state.soc_percent is not None:
            soc_percent = str(math.floor(state.soc_percent))
            return [(soc_percent, {"unit": "Percent", "location": "EV"})]
        case "Temperature":
            return [("31", {"unit": "Celsius", "location": "Body"})]
    return []


def samples(
    state: CableState, offered: Amps, measurands: Sequence[str], context: str
) -> list[Payload]:
    """sampledValue entries for the measurands asked for; without a car there is no SoC."""
    return [
        {"value": value, "context": context, "measurand": name, "location": "Outlet"} | more
        for name in measurands
        for value, more in _values(name, state, offered)
    ]


def meter_payload(tx: Transaction | None, at_s: float, values: list[Payload]) -> Payload:
    payload: Payload = {
        "connectorId": 1,
        "meterValue": [{"timestamp": iso(at_s), "sampledValue": values}],
    }
    if tx is not None and tx.id is not None:
        payload["transactionId"] = tx.id
    return payload
