"""CarConnectivity with its MQTT plugin (Volkswagen, Skoda, Seat, Cupra, Audi, Volvo and more).

Source: tillsteinbach/CarConnectivity-plugin-mqtt, mqtt_client.py: PREFIX/garage/VIN/..., plain
texts or, with topic_format json, {"val": .., "upd": .., "uni": ..} under NAME_json; retained,
QoS 1; the plugin's last will is PREFIX/plugins/mqtt/connected. Plain texts are in the units of
the host's language, which may be miles. A hybrid has several drives, of which one is electric.
"""

from collections.abc import Mapping
from datetime import datetime

from agent.model.readings import PowerDelivery
from drivers.vehicles import parse
from drivers.vehicles.words import Renewal, Said, Value, meaning

_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "charging/power": ("power_w", "kW"),
    "charging/settings/target_level": ("charge_limit_percent", None),
    "charging/settings/maximum_current": ("max_current_a", None),
    "charging/connector/connection_state": ("plugged_in", None),  # "invalid" = not known
    "position/latitude": ("latitude_deg", None),
    "position/longitude": ("longitude_deg", None),
    "odometer": ("odometer_km", "distance"),
    "model": ("model", None),
    "manufacturer": ("vendor", None),
}
_DRIVE_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "level": ("soc_percent", None),
    "range": ("range_km", "distance"),
}
_CHARGING: Mapping[str, tuple[bool, PowerDelivery | None]] = {
    "off": (False, None),
    "ready_for_charging": (False, PowerDelivery.STOPPED),
    "charging": (True, PowerDelivery.CHARGING),
    "conservation": (False, PowerDelivery.COMPLETE),
    "discharging": (False, PowerDelivery.DISCHARGING),
    "error": (False, PowerDelivery.FAULT),
}
_JSON = "_json"
MOST_DRIVES = 8
"""Drives of one car that are remembered; a hybrid has two."""

_UNITS = {"km": "km", "mi": "mi", "kW": "kW", "W": "W", "A": "A", "%": "%"}


class CarConnectivity:
    """Args:
    prefix: carconnectivity/0 unless the plugin is told another.
    distance: km or mi, what the plugin writes where it names no unit.
    """

    alive_within_s: float | None = None
    has_online = True
    gateway = "CarConnectivity"

    def __init__(self, prefix: str, vin: str, distance: str) -> None:
        self._car = f"{prefix}/garage/{vin}/"
        self._link = f"{prefix}/plugins/mqtt/connected"
        self._distance = distance
        keys = ("drives/+/type", *_FIELDS, "charging/state", "connection_state")
        keys += tuple(f"drives/+/{key}" for key in _DRIVE_FIELDS)
        both = tuple(self._car + key + end for key in keys for end in ("", _JSON))
        self.topics: tuple[str, ...] = (self._link, *both)
        self._types: dict[str, str] = {}
        self._drives: dict[tuple[str, str], tuple[str | None, str | None, datetime | None]] = {}

    def read(self, topic: str, payload: bytes) -> tuple[Said, ...]:
        if topic == self._link:
            return (Said(word="online", value=parse.flag(parse.text_of(payload))),)
        if not topic.startswith(self._car):
            return ()
        key = topic.removeprefix(self._car)
        text, unit, at = parse.text_of(payload), None, None
        if key.endswith(_JSON):
            key = key.removesuffix(_JSON)
            text, unit, at = _from_json(payload)
        if key in _FIELDS:
            word, usual = _FIELDS[key]
            return (self._said(word, text, unit or usual, at),)
        if key == "charging/state":
            charging, detail = _CHARGING.get(text or "", (None, None))
            return (
                Said(word="charging", value=charging, at=at),
                Said(word="detail", value=detail, at=at),
            )
        if key == "connection_state":
            there = {"online": True, "reachable": True, "offline": False}.get(text or "")
            return () if there is None else (Said(word="online", value=there),)
        return self._drive(key, text, unit, at)

    def renewed(self, known: Mapping[str, Value]) -> Renewal | None:  # noqa: ARG002 -- see Layout
        """It has no heartbeat that tells when the car was last asked."""
        return None

    def _drive(
        self, key: str, text: str | None, unit: str | None, at: datetime | None
    ) -> tuple[Said, ...]:
        match key.split("/"):
            case ["drives", drive, *_] if not self._has_room(drive):
                return ()
            case ["drives", drive, "type"]:
                self._types[drive] = (text or "").lower()
            case ["drives", drive, field] if field in _DRIVE_FIELDS:
                self._drives[drive, field] = (text, unit, at)
            case _:
                return ()
        electric = self._electric()
        told = [(f, v) for (d, f), v in self._drives.items() if d == electric == drive]
        return tuple(
            self._said(_DRIVE_FIELDS[f][0], text, unit or _DRIVE_FIELDS[f][1], at)
            for f, (text, unit, at) in told
        )

    @property
    def _known(self) -> set[str]:
        return {drive for drive, _ in self._drives} | self._types.keys()

    def _has_room(self, drive: str) -> bool:
        return drive in self._known or len(self._known) < MOST_DRIVES

    def _electric(self) -> str | None:
        """The drive that is electric, or the only one if it does not say what it is."""
        electric = [drive for drive, kind in self._types.items() if kind == "electric"]
        drives = self._known
        untold = [drive for drive in drives if not self._types.get(drive)]
        if not electric and len(drives) == 1:
            electric = untold
        return electric[0] if electric else None

    def _said(self, word: str, text: str | None, unit: str | None, at: datetime | None) -> Said:
        unit = self._distance if unit == "distance" else unit
        return Said(word=word, value=meaning(word, text, unit), at=at)


def _from_json(payload: bytes) -> tuple[str | None, str | None, datetime | None]:
    """Text, unit and instant of a topic in JSON format."""
    document = parse.json_of(payload)
    text = parse.as_text(parse.at_pointer(document, "val"))
    unit = _UNITS.get(parse.as_text(parse.at_pointer(document, "uni")) or "")
    return text, unit, parse.moment(parse.as_text(parse.at_pointer(document, "upd")))
