"""TeslaMate: teslamate[/NAMESPACE]/cars/ID/KEY, plain texts, retained, published on change.

Source: TeslaMate's documentation of its MQTT values and its vehicle_subscriber.ex. Distances are
in km whatever the user interface shows. Only `healthy` comes again and again (with every look
at the car, not retained), so it is the heartbeat: TeslaMate has no last will, and a dead one
leaves all topics looking valid. charger_power is in whole kW: a hint, no meter.
"""

from collections.abc import Mapping

from agent.model.readings import PowerDelivery
from drivers.vehicles import parse
from drivers.vehicles.words import PLUG_WORDS, Renewal, Said, Value, meaning, quantity

ALIVE_WITHIN_S = 25 * 60.0
"""It looks away for up to 21 minutes to let a car fall asleep."""

WAKES_WITHIN_S = 90.0
"""Plugging in wakes a sleeping car; it is noticed that much later at the worst."""

_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "usable_battery_level": ("soc_percent", None),
    "battery_level": ("gross_soc_percent", None),
    "charge_limit_soc": ("charge_limit_percent", None),
    "plugged_in": ("plugged_in", None),
    "charger_power": ("power_w", "kW"),
    "charge_current_request": ("max_current_a", None),
    "time_to_full_charge": ("charge_remaining_s", "h"),
    "est_battery_range_km": ("range_km", None),
    "odometer": ("odometer_km", None),
    "state": ("awake", None),
    "version": ("firmware", None),
}
"""Key -> word and the unit that it comes in, None = the word's own."""

_CHARGING_STATES: Mapping[str, PowerDelivery] = {
    "Disconnected": PowerDelivery.UNPLUGGED,
    "Starting": PowerDelivery.INITIALIZING,
    "Charging": PowerDelivery.CHARGING,
    "Stopped": PowerDelivery.STOPPED,
    "Complete": PowerDelivery.COMPLETE,
    "NoPower": PowerDelivery.NO_POWER,
}
_AWAKE = frozenset({"online", "charging", "driving"})


class TeslaMate:
    """Args:
    base: teslamate, or teslamate/NAMESPACE.
    car: TeslaMate's number of the car, from 1.
    """

    alive_within_s: float | None = ALIVE_WITHIN_S
    has_online = False
    gateway = "TeslaMate"

    def __init__(self, base: str, car: str) -> None:
        self._prefix = f"{base}/cars/{car}/"
        keys = (*_FIELDS, "charging_state", "location", "model", "healthy")
        self.topics: tuple[str, ...] = tuple(self._prefix + key for key in keys)

    def read(self, topic: str, payload: bytes) -> tuple[Said, ...]:
        if not topic.startswith(self._prefix):
            return ()
        key, text = topic.removeprefix(self._prefix), parse.text_of(payload)
        if key in _FIELDS:
            word, unit = _FIELDS[key]
            return (Said(word=word, value=meaning(word, text, unit)),)
        match key:
            case "charging_state":
                return (Said(word="state", value=_CHARGING_STATES.get(text or "")),)
            case "location":
                return _location(payload)
            case "model":
                return () if text is None else (
                    Said(word="vendor", value="Tesla"),
                    Said(word="model", value=f"Model {text[:16]}"),
                )  # fmt: skip
            case "healthy":
                healthy = parse.flag(text)
                return () if healthy is None else (Said(word="alive", value=healthy),)
        return ()

    def renewed(self, known: Mapping[str, Value]) -> Renewal | None:
        """While the car is awake TeslaMate has just looked at it; while it sleeps, nobody can
        have plugged it in without waking it; while it is left alone to fall asleep, offline or
        being updated, nothing is known anew."""
        awake = known.get("awake")
        if awake in _AWAKE:
            return Renewal()
        return Renewal(words=PLUG_WORDS, lag_s=WAKES_WITHIN_S) if awake == "asleep" else None


def _location(payload: bytes) -> tuple[Said, ...]:
    """One JSON text, so that both numbers belong together."""
    document = parse.json_of(payload)
    found = {
        word: quantity(word, parse.number(parse.as_text(parse.at_pointer(document, key))))
        for word, key in (("latitude_deg", "latitude"), ("longitude_deg", "longitude"))
    }
    if None in found.values():
        found = dict.fromkeys(found)
    return tuple(Said(word=word, value=value) for word, value in found.items())
