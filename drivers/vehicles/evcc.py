"""evcc as a source: a car's values stand at the loadpoint that evcc believes it hangs on.

Source: evcc-io/docs, MQTT API. evcc/vehicles/NAME has no state of charge. Where evcc steers the
chargers, Hearth must not; it reads, and writes nothing there.
"""

from collections.abc import Mapping

from drivers.vehicles import parse
from drivers.vehicles.words import PLUG_WORDS, Renewal, Said, Value, meaning

ALIVE_WITHIN_S = 600.0
"""It writes `updated` in every round, which is 10 to 30 s by default."""

MOST_POINTS = 32
"""Loadpoints that are remembered, so that nobody can fill the memory with topics."""

_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "connected": ("plugged_in", None),
    "charging": ("charging", None),
    "vehicleSoc": ("soc_percent", None),  # 0 = not known
    "vehicleLimitSoc": ("charge_limit_percent", None),  # 0 = not known
    "vehicleRange": ("range_km", None),
    "vehicleOdometer": ("odometer_km", None),
    "chargePower": ("power_w", None),
    "chargeRemainingDuration": ("charge_remaining_s", "ns"),
}


class Evcc:
    """Args:
    root: first part of evcc's topics.
    car: the car's name in evcc's own configuration.
    """

    alive_within_s: float | None = ALIVE_WITHIN_S
    has_online = True
    gateway = "evcc"

    def __init__(self, root: str, car: str) -> None:
        self._root, self._car = root, car
        keys = ("vehicleName", *_FIELDS)
        points = tuple(f"{root}/loadpoints/+/{key}" for key in keys)
        self.topics: tuple[str, ...] = (f"{root}/status", *points, f"{root}/updated")
        self._points: dict[str, dict[str, str | None]] = {}
        self._at: str | None = None

    def read(self, topic: str, payload: bytes) -> tuple[Said, ...]:
        text = parse.text_of(payload)
        if topic == f"{self._root}/status":
            return (Said(word="online", value=parse.flag(text)),)
        if topic == f"{self._root}/updated":
            return () if text is None else (Said(word="alive", value=True),)
        if not topic.startswith(f"{self._root}/loadpoints/"):
            return ()
        point, _, key = topic.removeprefix(f"{self._root}/loadpoints/").partition("/")
        if key == "vehicleName":
            return self._assigned(point, text)
        if key not in _FIELDS:
            return ()
        if point not in self._points and len(self._points) >= MOST_POINTS:
            return ()
        self._points.setdefault(point, {})[key] = text
        return (_said(key, text),) if point == self._at else ()

    def renewed(self, known: Mapping[str, Value]) -> Renewal | None:  # noqa: ARG002 -- see Layout
        """evcc looks at its chargers in every round, at the car itself seldom."""
        return Renewal(words=PLUG_WORDS) if self._at is not None else None

    def _assigned(self, point: str, car: str | None) -> tuple[Said, ...]:
        """A loadpoint has another car now, maybe ours, maybe no longer."""
        if car == self._car:
            self._at = point
            return tuple(_said(key, text) for key, text in self._points.get(point, {}).items())
        if self._at != point:
            return ()
        self._at = None
        return tuple(Said(word=word, value=None) for word in sorted(PLUG_WORDS))


def _said(key: str, text: str | None) -> Said:
    word, unit = _FIELDS[key]
    return Said(word=word, value=meaning(word, text, unit))
