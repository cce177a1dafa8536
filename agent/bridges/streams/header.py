"""The first line of a stream: which devices there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.model.nothing import nothing
from agent.model.pairs import PairingCar, PairingCharger, PairingMode, PairingSettings
from agent.model.readings import DeviceId, DeviceKind

FORMAT: Final = "stream/1"
W: Final = 1000.0


class BadHeader(Exception):
    """The message says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    id: DeviceId
    kind: DeviceKind
    capacity_wh: float | None = None
    max_power_w: float | None = None
    min_power_w: float | None = None
    phases: int | None = None
    reports_location: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """
    Args:
        tokens: what a charger may read -> the car that it belongs to.
    """

    devices: Mapping[DeviceId, Device] = field(default_factory=nothing)
    timezone: str = "UTC"
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    pairing: PairingMode = PairingMode.FULL
    tokens: Mapping[str, DeviceId] = field(default_factory=nothing)

    def pairing_settings(self) -> PairingSettings:
        cars = [d for d in self.devices.values() if d.kind is DeviceKind.VEHICLE]
        chargers = [d for d in self.devices.values() if d.kind is DeviceKind.CHARGER]
        return PairingSettings(
            mode=self.pairing,
            timezone=self.timezone,
            cars=tuple(
                PairingCar(
                    id=car.id,
                    capacity_wh=car.capacity_wh,
                    max_power_w=car.max_power_w,
                    min_power_w=car.min_power_w,
                    phases=car.phases,
                    reports_location=car.reports_location,
                    id_tokens=frozenset(t for t, owner in self.tokens.items() if owner == car.id),
                )
                for car in cars
            ),
            chargers=tuple(
                PairingCharger(
                    id=charger.id,
                    max_power_w=charger.max_power_w,
                    latitude_deg=self.latitude_deg,
                    longitude_deg=self.longitude_deg,
                )
                for charger in chargers
            ),
        )

    def document(self) -> dict[str, Any]:
        """As it stands in a file."""
        tree: dict[str, Any] = {"hearth": FORMAT, "timezone": self.timezone}
        if self.latitude_deg is not None and self.longitude_deg is not None:
            tree["site"] = {"latitude": self.latitude_deg, "longitude": self.longitude_deg}
        tree["devices"] = [_row(device) for device in self.devices.values()]
        if self.pairing is not PairingMode.FULL:
            tree["pairing"] = self.pairing.value
        if self.tokens:
            tree["idTokens"] = dict(self.tokens)
        return tree


def read(tree: Any) -> Header:
    """
    Raises:
        BadHeader: it is none, or cannot be understood.
    """
    if not isinstance(tree, dict) or tree.get("hearth") != FORMAT:
        raise BadHeader(f'this is no header; the first line must say "hearth": "{FORMAT}"')
    devices: dict[DeviceId, Device] = {}
    rows = tree.get("devices")
    if not isinstance(rows, list):
        raise BadHeader("devices is missing; list each with its id and kind")
    for row in rows:
        device = _device(row)
        if device.id in devices:
            raise BadHeader(f"{device.id} stands twice among the devices; leave one of them out")
        devices[device.id] = device
    latitude, longitude = _site(tree.get("site"))
    return Header(
        devices=devices,
        timezone=_timezone(tree.get("timezone") or "UTC"),
        latitude_deg=latitude,
        longitude_deg=longitude,
        pairing=_mode(tree.get("pairing") or PairingMode.FULL),
        tokens=_tokens(tree.get("idTokens") or {}, devices),
    )


def _device(row: Any) -> Device:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        raise BadHeader("a device has no id; every device needs an id and a kind")
    name, kind = row["id"], row.get("kind")
    known = [k.value for k in DeviceKind if k is not DeviceKind.LINK]
    if kind not in known:
        raise BadHeader(f"the kind of {name} is {kind!r}; known: {', '.join(known)}")
    phases = _number(row, "phases")
    location = row.get("reportsLocation")
    return Device(
        id=DeviceId(name),
        kind=DeviceKind(kind),
        capacity_wh=_watts(row, "batteryCapacity"),
        max_power_w=_watts(row, "maxChargeRate"),
        min_power_w=_watts(row, "minChargeRate"),
        phases=None if phases is None else int(phases),
        reports_location=location if isinstance(location, bool) else None,
    )


def _row(device: Device) -> dict[str, Any]:
    row = {
        "id": device.id,
        "kind": device.kind.value,
        "batteryCapacity": _kilo(device.capacity_wh),
        "maxChargeRate": _kilo(device.max_power_w),
        "minChargeRate": _kilo(device.min_power_w),
        "phases": device.phases,
        "reportsLocation": device.reports_location,
    }
    return {name: value for name, value in row.items() if value is not None}


def _kilo(value: float | None) -> float | None:
    return None if value is None else round(value / W, 3)


def _watts(row: dict[str, Any], name: str) -> float | None:
    value = _number(row, name)
    return None if value is None else value * W


def _number(row: dict[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadHeader(f"{name} of {row['id']} is {value!r}; it must be a number of 0 or more")
    return float(value)


def _site(site: Any) -> tuple[float | None, float | None]:
    if site is None:
        return None, None
    if isinstance(site, dict):
        latitude, longitude = site.get("latitude"), site.get("longitude")
        if isinstance(latitude, int | float) and isinstance(longitude, int | float):
            return float(latitude), float(longitude)
        if latitude is None and longitude is None:
            return None, None
    raise BadHeader("site needs latitude and longitude, both numbers of degrees, or nothing")


def _timezone(name: Any) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise BadHeader(
            f"timezone is {name!r}; it must be an IANA name like Europe/Brussels"
        ) from None
    return str(name)


def _mode(mode: Any) -> PairingMode:
    if mode not in list(PairingMode):
        raise BadHeader(f"pairing is {mode!r}; known: full, observe-only, off")
    return PairingMode(mode)


def _tokens(tree: Any, devices: Mapping[DeviceId, Device]) -> dict[str, DeviceId]:
    if not isinstance(tree, dict):
        raise BadHeader("idTokens must name a vehicle for each token")
    for token, owner in tree.items():
        if not isinstance(owner, str) or DeviceId(owner) not in devices:
            raise BadHeader(f"idTokens: {token} belongs to {owner!r}, which is no device here")
    return {token: DeviceId(owner) for token, owner in tree.items()}
