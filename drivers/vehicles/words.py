"""What a message says of a car, in one vocabulary for all sources.

Most words are fields of VehicleReading. Further ones serve to understand them:
    state         plug and charge as the car's own full account (a PowerDelivery)
    detail        why a plugged-in car does not charge, or that it feeds back (a PowerDelivery);
                  it may stand for ever after the plug was pulled
    gross_soc_percent  used where soc_percent is never said
    awake         the source's own word for what the car does
    gps           False = the position is not to be believed
    online        whether gateway or car are there; what the broker retained counts
    alive         a heartbeat of the gateway: True = all is well, False = it has trouble
    as_of         the instant of which all that is known is true
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agent.model.readings import PowerDelivery
from drivers.vehicles import parse

Value = float | str | bool

PLUG_WORDS = frozenset({"state", "detail", "plugged_in", "charging"})
FLAGS = frozenset({"plugged_in", "charging", "online", "alive", "gps"})
STATES = frozenset({"state", "detail"})
TEXTS = frozenset({"vendor", "model", "serial_number", "firmware", "awake"})
LONGEST_TEXT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Args:
    word: see above.
    value: None = the source says that it does not know.
    at: aware UTC, when it was true by the source's own account.
    """

    word: str
    value: Value | None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What a heartbeat confirms.

    Args:
        words: None = all that is known.
        lag_s: it confirms them for an instant so long ago.
    """

    words: frozenset[str] | None = None
    lag_s: float = 0.0


class Layout(Protocol):
    """How one source writes its topics. Pure, except that it may remember what it read.

    Attributes:
        topics: to subscribe to; earlier ones are to be read first.
        alive_within_s: the gateway is dead when it was silent for so long; None = it has no
            heartbeat.
        has_online: whether it says `online`.
        gateway: what people call it.
    """

    topics: tuple[str, ...]
    alive_within_s: float | None
    has_online: bool
    gateway: str

    def read(self, topic: str, payload: bytes) -> tuple[Said, ...]:
        """What a message says; nothing if it is not for this car. Never raises."""

    def renewed(self, known: Mapping[str, Value]) -> Renewal | None:
        """What a heartbeat confirms, by what is known of the car."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Args:
    unit: of the field; low, high: what a car can have, both included.
    """

    unit: str
    low: float
    high: float


QUANTITIES: Mapping[str, Quantity] = {
    "soc_percent": Quantity("%", 0, 100),
    "gross_soc_percent": Quantity("%", 0, 100),
    "charge_limit_percent": Quantity("%", 1, 100),
    "capacity_wh": Quantity("Wh", 500, 1_000_000),
    "range_km": Quantity("km", 0, 3000),
    "power_w": Quantity("W", -1_000_000, 1_000_000),
    "max_current_a": Quantity("A", 0, 1000),
    "charge_remaining_s": Quantity("s", 0, 30 * 86_400),
    "odometer_km": Quantity("km", 0, 10_000_000),
    "latitude_deg": Quantity("deg", -90, 90),
    "longitude_deg": Quantity("deg", -180, 180),
    "accuracy_m": Quantity("m", 0, 1_000_000),
}

FACTORS: Mapping[tuple[str, str], float] = {
    ("mi", "km"): 1.609344,
    ("m", "km"): 0.001,
    ("km", "m"): 1000.0,
    ("kW", "W"): 1000.0,
    ("kWh", "Wh"): 1000.0,
    ("min", "s"): 60.0,
    ("h", "s"): 3600.0,
    ("ns", "s"): 1e-9,
    ("fraction", "%"): 100.0,
}
"""(given, wanted) -> what to multiply with; equal units need none."""


def factor_of(word: str, unit: str) -> float | None:
    """What a number in `unit` is multiplied with; None where that is no unit of the field."""
    wanted = QUANTITIES[word].unit
    return 1.0 if unit == wanted else FACTORS.get((unit, wanted))


_LEVELS = ("soc_percent", "gross_soc_percent")


def quantity(word: str, value: float | None, unit: str | None = None) -> float | None:
    """A number in the field's own unit; None where no car can have it.

    Several gateways write a state of charge of 0 while they know none (evcc before the first
    poll, Renault after a charge), and 0 in a car that still talks is next to impossible; so 0 is
    taken for "not known".
    """
    if value is None:
        return None
    wanted = QUANTITIES[word]
    factor = 1.0 if unit is None else factor_of(word, unit)
    if factor is None:
        return None
    value *= factor
    if word in _LEVELS and value == 0:
        return None
    return value if wanted.low <= value <= wanted.high else None


def meaning(word: str, text: str | None, unit: str | None = None) -> Value | None:
    """A text as the value of a word; None = not known, or not to be understood."""
    if text is None:
        return None
    if word in FLAGS:
        return parse.flag(text)
    if word in STATES:
        return plug_word(text)
    if word in TEXTS:
        return text[:LONGEST_TEXT]
    return quantity(word, parse.number(text), unit)


_STATES: Mapping[str, PowerDelivery] = {
    "unplugged": PowerDelivery.UNPLUGGED,
    "disconnected": PowerDelivery.UNPLUGGED,
    "charging": PowerDelivery.CHARGING,
    "discharging": PowerDelivery.DISCHARGING,
    "complete": PowerDelivery.COMPLETE,
    "completed": PowerDelivery.COMPLETE,
    "done": PowerDelivery.COMPLETE,
    "stopped": PowerDelivery.STOPPED,
    "initializing": PowerDelivery.INITIALIZING,
    "starting": PowerDelivery.INITIALIZING,
    "no_power": PowerDelivery.NO_POWER,
    "nopower": PowerDelivery.NO_POWER,
    "fault": PowerDelivery.FAULT,
    "error": PowerDelivery.FAULT,
}


def plug_word(text: str) -> PowerDelivery | None:
    """A plug state by the resource model's name, with or without PLUGGED_IN:, or a usual word."""
    word = text.strip().upper().removeprefix("PLUGGED_IN:")
    for state in PowerDelivery:
        if state is not PowerDelivery.UNKNOWN and word == state.value.rpartition(":")[2]:
            return state
    return _STATES.get(text.strip().lower().replace(" ", "_"))
