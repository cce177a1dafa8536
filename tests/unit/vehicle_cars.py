"""A car that hears messages on a clock of its own, and the state that follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agent.model.clock import Now
from agent.model.readings import DeviceId, VehicleReading
from agent.model.snapshot import Seen, fold
from drivers.vehicles.building import layout_of
from drivers.vehicles.car import Car
from drivers.vehicles.config import VehicleConfig
from drivers.vehicles.link import GLANCE_S
from drivers.vehicles.notes import note_of, recall

START = Now(at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC), mono_s=1_000_000.0)

FIELDS: Mapping[str, Mapping[str, object]] = {
    "statestream": {
        "soc_percent": {"entity": "sensor.level"},
        "plugged_in": {"entity": "binary_sensor.plug"},
        "charging": {"entity": "binary_sensor.charging"},
        "range_km": {"entity": "sensor.range"},
        "latitude_deg": {"entity": "device_tracker.car", "attribute": "latitude"},
        "longitude_deg": {"entity": "device_tracker.car", "attribute": "longitude"},
        "as_of": {"entity": "sensor.updated"},
    },
    "mqtt": {
        "soc_percent": {"topic": "bmw", "path": "/data/b.header/value", "at_path": "/data/at"},
        "power_w": {"topic": "power", "unit": "kW", "factor": 0.1},
        "state": {"topic": "plug", "values": {"idle": "UNPLUGGED", "on": "CHARGING"}},
        "plugged_in": {"topic": "plugged", "values": {"3": "true", "*": "false"}},
        "online": {"topic": "lwt"},
        "odometer_km": {"topic": "odo", "unit": "mi"},
        "charge_remaining_s": {"topic": "left", "unit": "min"},
    },
}
CONFIGS: Mapping[str, Mapping[str, object]] = {
    "teslamate": {"source": "teslamate"},
    "ovms": {"source": "ovms", "topic": "ovms/me/zoe"},
    "carconnectivity": {"source": "carconnectivity", "id": "VIN1"},
    "evcc": {"source": "evcc", "id": "ioniq"},
    "statestream": {"source": "statestream", "topic": "hass", "fields": FIELDS["statestream"]},
    "mqtt": {"source": "mqtt", "alive_within_s": 3600, "fields": FIELDS["mqtt"]},
}
PREFIXES: Mapping[str, str] = {
    "teslamate": "teslamate/cars/1/",
    "ovms": "ovms/me/zoe/metric/",
    "carconnectivity": "carconnectivity/0/garage/VIN1/",
    "evcc": "evcc/loadpoints/1/",
    "statestream": "hass/",
    "mqtt": "",
}


def a_car(source: str, **more: object) -> Car:
    config = VehicleConfig.model_validate({**CONFIGS[source], **more})
    return Car(DeviceId("car"), layout_of(config))


@dataclass
class Drive:
    """Args:
    source: one of CONFIGS; topics are heard below its prefix.
    """

    source: str
    now: Now = START
    more: Mapping[str, object] = field(default_factory=dict)
    seen: Seen[VehicleReading] | None = None

    def __post_init__(self) -> None:
        self.car = a_car(self.source, **self.more)
        self.car.link_up(self.now)

    def hear(self, topic: str, payload: str | bytes, *, retained: bool = False) -> "Drive":
        raw = payload.encode() if isinstance(payload, str) else payload
        if not topic.startswith("/"):
            topic = PREFIXES[self.source] + topic
        self.car.hear(topic.removeprefix("/"), raw, self.now, retained=retained)
        return self

    def told(self, retained: bool = False, **values: str) -> "Drive":  # noqa: FBT001, FBT002
        """Several messages of one look at the car; __ in a name is a slash."""
        for key, value in values.items():
            self.hear(key.replace("__", "/"), value, retained=retained)
        return self.tell()

    def tell(self) -> "Drive":
        presence = self.car.presence_reading(self.now)
        for reading in ([presence] if presence else []) + self.car.readings(self.now):
            self.seen = fold(self.seen, reading)
        return self

    def later(self, seconds: float, glances: int = 300) -> "Drive":
        """Let time pass with a glance now and then."""
        end_s, step_s = self.now.mono_s + seconds, max(GLANCE_S, seconds / glances)
        while self.now.mono_s < end_s:
            self.now = self.now.later(min(step_s, end_s - self.now.mono_s))
            self.car.look(self.now)
            self.tell()
        return self

    def restart(self, away_s: float, *, trusted: bool = True) -> "Drive":
        """Hearth ends and begins again; what is known comes from its notes."""
        self.car.link_lost(self.now)
        note = note_of(self.car, self.now)
        later = self.now.later(away_s)
        now = Now(at=later.at, mono_s=later.mono_s, trusted=trusted)
        life = Drive(self.source, now, self.more)
        recall(life.car, note, now)
        for reading in life.car.all_readings():
            life.seen = fold(life.seen, reading)
        return life.tell()

    def __getattr__(self, name: str) -> Any:
        """A field of the car as the house sees it; None where nothing was said."""
        return None if self.seen is None else getattr(self.seen.value, name)

    def old_s(self, name: str) -> float | None:
        return None if self.seen is None else self.seen.age_s(name, self.now.mono_s)

    def otherwise_s(self, name: str) -> float:
        """How long ago a field was last said to be something else."""
        assert self.seen is not None
        return self.now.mono_s - self.seen.otherwise_mono_s[name]
