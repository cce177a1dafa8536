"""What happens in the living house as lines of a stream."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from agent.bridges.streams import positions
from agent.bridges.streams.header import Device, Header
from agent.bridges.streams.positions import Place, Positions
from agent.bridges.streams.wishes import document
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import Intent
from agent.model.pairs import PairingSettings
from agent.model.picture import Picture
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    DeviceKind,
    InverterReading,
    MeterReading,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import Seen
from agent.model.targets import ChargerTarget, Target, VehicleTarget
from agent.model.units import watts_from_amps

K: Final = 1000.0
FLOWING: Final = (PowerDelivery.CHARGING, PowerDelivery.DISCHARGING)
MAC_DIGITS: Final = 12

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discretion:
    """What of a house may stand in a file that is given away.

    Args:
        tokens: cards and addresses as they are; otherwise they are replaced by words that mean
            something within this one file only.
        positions: where cars and the house are.
    """

    tokens: bool = False
    positions: Positions = Positions.EXACT


class Writer:
    """Makes lines. `seen` never goes back, also when the clock does."""

    def __init__(self, discretion: Discretion) -> None:
        self._discretion = discretion
        self._salt = secrets.token_bytes(16)
        self._last = datetime.min.replace(tzinfo=UTC)
        self._kinds: dict[DeviceId, DeviceKind] = {}
        self._home: Place | None = None

    def header(self, picture: Picture) -> bytes:
        pairing = picture.pairing
        devices = {i.id: _device(i, pairing) for i in picture.devices if _told(i)}
        self._kinds = {device.id: device.kind for device in devices.values()}
        site = next((c for c in pairing.chargers if c.latitude_deg is not None), None)
        self._home = None
        if site is not None and site.latitude_deg is not None and site.longitude_deg is not None:
            self._home = site.latitude_deg, site.longitude_deg
        near = self._told_house()
        header = Header(
            devices=devices,
            timezone=pairing.timezone,
            latitude_deg=None if near is None else near[0],
            longitude_deg=None if near is None else near[1],
            pairing=pairing.mode,
            tokens={self._token(t): car.id for car in pairing.cars for t in sorted(car.id_tokens)},
        )
        return orjson.dumps(header.document(), option=orjson.OPT_APPEND_NEWLINE)

    def standing(self, picture: Picture, now: Now) -> Iterator[bytes]:
        """The house as it is when the recording begins, what was said first first."""
        rows: list[tuple[float, DeviceId, Row]] = []
        for device, seen in picture.snapshot.items():
            if device in self._kinds:
                rows += [(said_s, device, row) for said_s, row in self._parts(seen)]
        for said_s, device, row in sorted(rows, key=lambda r: (r[0], r[1])):
            at = now.later(min(0.0, said_s - now.mono_s)).at
            yield self._line(now, {"device": device, "at": _stamp(at), **row})

    def line(self, happening: Reading | Target | Intent, now: Now) -> bytes | None:
        """None for what the format does not carry."""
        match happening:
            case Reading():
                return self._reading(happening, now)
            case ChargerTarget() | VehicleTarget():
                return self._line(now, _command(happening))
            case Intent():
                wish = document(happening, self._kinds)
                return None if wish is None else self._line(now, {"intent": wish})
            case _:
                return None

    def _reading(self, reading: Reading, now: Now) -> bytes | None:
        row = self._fields(reading)
        if reading.device not in self._kinds or not row:
            return None
        at = min(reading.at, now.at)
        return self._line(now, {"device": reading.device, "at": _stamp(at), **row})

    def _line(self, now: Now, row: Row) -> bytes:
        self._last = max(self._last, now.at)
        return orjson.dumps({"seen": _stamp(self._last), **row}, option=orjson.OPT_APPEND_NEWLINE)

    def _parts(self, seen: Seen[Reading]) -> Iterator[tuple[float, Row]]:
        """A device's fields, together where they were said together."""
        value, groups = seen.value, defaultdict[float, dict[str, Any]](dict)
        for name, said_s in seen.said_mono_s.items():
            groups[said_s][name] = getattr(value, name)
        for said_s, fields in groups.items():
            part = type(value)(device=value.device, at=value.at, mono_s=said_s, **fields)
            row = self._fields(part)
            if row:
                yield said_s, row

    def _fields(self, reading: Reading) -> Row:
        match reading:
            case ChargerReading():
                row = self._charger(reading)
            case VehicleReading():
                row = self._vehicle(reading)
            case MeterReading():
                row = {"power": _kilo(reading.power_w)}
            case InverterReading():
                row = {"productionRate": _kilo(reading.production_w)}
            case BatteryReading():
                power_kw = _kilo(reading.power_w)
                row = {"chargeRate": power_kw, "batteryLevel": reading.soc_percent}
            case _:
                row = {}
        row["isReachable"] = reading.reachable
        return {name: value for name, value in row.items() if value is not None}

    def _charger(self, reading: ChargerReading) -> Row:
        session = reading.transaction_id
        return {
            **_plug(reading.power_delivery),
            "chargeRate": _kilo(reading.power_w),
            "maxCurrent": reading.max_current_a,
            "energyRegister": _kilo(reading.energy_wh),
            "sessionId": str(session) if session else None,
            "idToken": self._token(reading.id_tag) if reading.id_tag else None,
        }

    def _vehicle(self, reading: VehicleReading) -> Row:
        row = {
            **_plug(reading.power_delivery),
            "chargeRate": _kilo(reading.power_w),
            "batteryLevel": reading.soc_percent,
            "chargeLimit": reading.charge_limit_percent,
            "maxCurrent": reading.max_current_a,
        }
        if reading.plugged_in is not None:
            row["isPluggedIn"] = reading.plugged_in
        if reading.charging is not None:
            row["isCharging"] = reading.charging
        place = self._told_place(reading)
        if place is not None:
            row |= {"latitude": place[0], "longitude": place[1]}
            if self._discretion.positions is Positions.EXACT:
                row["accuracyM"] = reading.accuracy_m
        return row

    def _told_house(self) -> Place | None:
        if self._home is None or self._discretion.positions is Positions.NONE:
            return None
        return positions.house(self._home) if self._rounds else self._home

    def _told_place(self, reading: VehicleReading) -> Place | None:
        north, east = reading.latitude_deg, reading.longitude_deg
        if north is None or east is None or self._discretion.positions is Positions.NONE:
            return None
        return positions.car((north, east), self._home) if self._rounds else (north, east)

    @property
    def _rounds(self) -> bool:
        return self._discretion.positions is Positions.ROUNDED

    def _token(self, token: str) -> str:
        """As it is, or a word for it that nobody can trace back; an address stays an address."""
        if self._discretion.tokens:
            return token
        plain = "".join(letter for letter in token.upper() if letter.isalnum()).removeprefix("VID")
        word = hashlib.blake2s(plain.encode(), key=self._salt, digest_size=6).hexdigest().upper()
        mac = len(plain) == MAC_DIGITS and all(c in "0123456789ABCDEF" for c in plain)
        return f"VID:{word}" if mac else f"TOKEN{word}"


def _told(info: DeviceInfo) -> bool:
    return info.kind is not DeviceKind.LINK


def _device(info: DeviceInfo, pairing: PairingSettings) -> Device:
    if info.kind is DeviceKind.CHARGER:
        max_w: float | None = watts_from_amps(info.max_current_a, info.phases)
        return Device(id=info.id, kind=info.kind, max_power_w=max_w, phases=info.phases)
    car = next((car for car in pairing.cars if car.id == info.id), None)
    if car is None:
        return Device(id=info.id, kind=info.kind, capacity_wh=info.capacity_wh)
    return Device(
        id=info.id,
        kind=info.kind,
        capacity_wh=car.capacity_wh,
        max_power_w=car.max_power_w,
        min_power_w=car.min_power_w,
        phases=car.phases,
        reports_location=car.reports_location,
    )


def _command(target: ChargerTarget | VehicleTarget) -> Row:
    amps = getattr(target, "max_current_a", None)
    if target.charging and amps:
        return {"device": target.device, "command": "LIMIT", "value": round(amps, 1)}
    word = "START" if target.charging else "STOP"
    return {"device": target.device, "command": word, "value": None}


def _plug(state: PowerDelivery | None) -> Row:
    if state is None:
        return {}
    if state is PowerDelivery.UNKNOWN:
        return {"powerDeliveryState": state.value}
    return {
        "isPluggedIn": state is not PowerDelivery.UNPLUGGED,
        "isCharging": state in FLOWING,
        "powerDeliveryState": state.value,
    }


def _kilo(value: float | None) -> float | None:
    return None if value is None else round(value / K, 3)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
