"""One line of a stream <-> what it says. Kilowatts and camelCase stop here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

from agent.bridges.streams.header import Device
from agent.model.clock import Now
from agent.model.pairs import Commanded, Observation
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading

K: Final = 1000.0
STATES: Final = {state.value: state for state in PowerDelivery}
COMMANDS: Final = ("START", "STOP", "LIMIT")
NAMES: Final = {
    "isPluggedIn": "plugged_in",
    "isCharging": "charging",
    "powerDeliveryState": "power_delivery",
    "chargeRate": "power_w",
    "batteryLevel": "soc_percent",
    "chargeLimit": "charge_limit_percent",
    "maxCurrent": "max_current_a",
    "energyRegister": "energy_wh",
    "latitude": "latitude_deg",
    "longitude": "longitude_deg",
    "accuracyM": "accuracy_m",
    "isReachable": "reachable",
    "sessionId": "session",
    "idToken": "id_token",
}
_YES_NO: Final = frozenset({"isPluggedIn", "isCharging", "isReachable"})
_PLUGGED: Final = frozenset({DeviceKind.CHARGER, DeviceKind.VEHICLE})
_TEXT: Final = frozenset({"sessionId", "idToken"})
_KILO: Final = frozenset({"chargeRate", "energyRegister"})


class BadLine(Exception):
    """The message says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line says: an Observation of a charger or a car, a Commanded, a Reading of
    another device, or the document of an intent.

    Args:
        time: `seen` as it stands in the file.
    """

    time: str
    seen: Now
    says: Observation | Commanded | Reading | dict[str, Any]


class Lines:
    """Reads line after line; holds what lines are read against.

    Args:
        devices: those of the header.
    """

    def __init__(self, devices: Mapping[DeviceId, Device]) -> None:
        self._devices = devices
        self._time: str | None = None
        self._seen = Now(at=datetime.min.replace(tzinfo=UTC), mono_s=float("-inf"))

    def read(self, tree: Any) -> Entry:
        """
        Raises:
            BadLine: it cannot be understood.
        """
        if type(tree) is not dict:
            raise BadLine("that is no JSON object; every line must be one")
        seen = self._seen_at(tree)
        time = self._time or ""
        intent = tree.get("intent")
        if intent is not None:
            if type(intent) is not dict:
                raise BadLine("intent is no JSON object")
            return Entry(time, seen, intent)
        device = tree.get("device")
        if device is None:
            raise BadLine("it names neither a device nor an intent")
        if device not in self._devices:
            known = ", ".join(self._devices) or "none"
            raise BadLine(f"no device is called {device!r}; the header lists {known}")
        if "command" in tree:
            return Entry(time, seen, _command(tree, DeviceId(device), seen))
        kind = self._devices[device].kind
        if kind not in _PLUGGED:
            from agent.bridges.streams.readings import of_other

            return Entry(time, seen, of_other(tree, DeviceId(device), kind, seen))
        return Entry(time, seen, _observation(tree, DeviceId(device), seen))

    def _seen_at(self, tree: dict[str, Any]) -> Now:
        time = tree.get("seen")
        if time == self._time and time is not None:
            return self._seen
        at = _instant(time, "seen")
        if at < self._seen.at:
            raise BadLine(
                f"seen is {time}, before {self._time} of a line above; sort the lines by seen"
            )
        self._time, self._seen = time, Now(at=at, mono_s=at.timestamp())
        return self._seen


def _instant(text: Any, name: str) -> datetime:
    if text is None:
        raise BadLine(f"{name} is missing; it says when, e.g. 2024-06-01T17:04:31Z")
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise BadLine(
            f"{name} is {text!r}; it must be a time with an offset, e.g. 2024-06-01T17:04:31Z"
        )
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _command(tree: dict[str, Any], device: DeviceId, seen: Now) -> Commanded:
    command, value = tree["command"], tree.get("value")
    if command not in COMMANDS:
        raise BadLine(f"command is {command!r}; known: {', '.join(COMMANDS)}")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise BadLine(f"value is {value!r}; it must be a number")
    return Commanded(device=device, seen=seen, command=command, value=value)


def field_of(tree: dict[str, Any], name: str, seen: Now) -> datetime:
    """An instant that is that of `seen` where the line has no other."""
    time = tree.get(name)
    return seen.at if time is None or time == tree["seen"] else _instant(time, name)


def _observation(tree: dict[str, Any], device: DeviceId, seen: Now) -> Observation:
    at = field_of(tree, "at", seen)
    values: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in tree.items():
        field = NAMES.get(name)
        if field is None:
            continue
        if value is None:
            unknown.append(field)
        else:
            values[field] = _value(name, value)
    if unknown:
        values["unknown"] = frozenset(unknown)
    return Observation(device=device, seen=seen, at=at, **values)


def _value(name: str, value: Any) -> Any:
    if name == "powerDeliveryState":
        return STATES.get(value, PowerDelivery.UNKNOWN)
    if name in _YES_NO:
        if type(value) is not bool:
            raise BadLine(f"{name} is {value!r}; it must be true, false or null")
        return value
    if name in _TEXT:
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadLine(f"{name} is {value!r}; it must be a number or null")
    return value * K if name in _KILO else float(value)
