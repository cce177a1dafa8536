"""A transaction and the messages about it, as they wait to be sent."""

import itertools
import math
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.charger.cables import Amps, CableState

Payload = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Transaction:
    """Args:
    id: the central system's, None until it has answered (OCPP 1.6).
    name: the box's own (OCPP 2.0.1).
    remote_start_id: of the request that began it (OCPP 2.0.1).
    """

    id_tag: str
    started_s: float
    meter_start_wh: int
    id: int | None = None
    name: str = field(default_factory=lambda: str(uuid.uuid4()))
    remote_start_id: int | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def next_number(self) -> int:
        """The sequence number of its next event (OCPP 2.0.1)."""
        return next(self._numbers)

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
    kind: str = ""

    @property
    def about(self) -> str:
        """What it is among those that wait."""
        return self.kind or self.action


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
