"""Home Assistant's statestream: raw states on change, JSON attributes and times beside them.

The integration behind it asks the carmaker's cloud every 5 minutes.
"""

import json
from collections.abc import Iterator

from simulators.clock import iso
from simulators.vehicles.gateway import CarState, Gateway, Message, yes

POLL_S = 300.0
UNAVAILABLE_ONCE_IN = 40

QUIRKS = {
    "flaps": "now and then all entities are unavailable for one poll",
    "miles": "Home Assistant is set to miles",
}


class Statestream(Gateway):
    """Args:
    base: base_topic of the integration.
    name: how its entities begin.
    """

    will = None
    keepalive_s = 60

    def __init__(self, base: str, name: str, quirks: frozenset[str] = frozenset()) -> None:
        self._base, self._name, self._quirks = base, name, quirks
        self._last: dict[str, str] = {}
        self._polls = 0

    def hello(self) -> Iterator[Message]:
        """Nothing: it publishes when something changes."""
        yield from ()

    def look(self, car: CarState, now_s: float) -> Iterator[Message]:
        self._polls += 1
        gone = "flaps" in self._quirks and self._polls % UNAVAILABLE_ONCE_IN == 0
        for entity, (state, attributes) in self._entities(car).items():
            shown = "unavailable" if gone else state
            topic = f"{self._base}/{entity}"
            if self._last.get(entity) == shown:
                continue
            self._last[entity] = shown
            yield Message(f"{topic}/state", shown)
            for stamp in ("last_updated", "last_changed"):
                yield Message(f"{topic}/{stamp}", json.dumps(iso(now_s).replace("Z", "+00:00")))
            for key, value in attributes.items():
                yield Message(f"{topic}/{key}", json.dumps(value))

    def pause_s(self, car: CarState) -> float:  # noqa: ARG002 -- the same whatever the car does
        return POLL_S

    def _entities(self, car: CarState) -> dict[str, tuple[str, dict[str, object]]]:
        sensor, binary = f"sensor/{self._name}", f"binary_sensor/{self._name}"
        miles = "miles" in self._quirks
        distance: dict[str, object] = {"unit_of_measurement": "mi" if miles else "km"}
        of_km = 1.609344 if miles else 1.0
        where: dict[str, object] = {"latitude": car.latitude_deg, "longitude": car.longitude_deg}
        return {
            f"{sensor}_ev_battery_level": (
                f"{car.soc_percent:.0f}",
                {"unit_of_measurement": "%"},
            ),
            f"{sensor}_ev_range": (f"{car.range_km / of_km:.0f}", distance),
            f"{sensor}_odometer": (f"{car.odometer_km / of_km:.0f}", distance),
            f"{sensor}_ev_charge_limits_ac": (f"{car.limit_percent:.0f}", {}),
            f"{binary}_ev_battery_plug": (yes(car.plugged, ("on", "off")), {}),
            f"{binary}_ev_battery_charge": (yes(car.charging, ("on", "off")), {}),
            f"device_tracker/{self._name}_location": (
                yes(car.plugged, ("home", "not_home")),
                where,
            ),
        }
