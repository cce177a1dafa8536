"""What the values of a device mean for the house: Readings of its parts.

kWh become Wh here, and words become states. A sum is only made when all of its parts were
said; a wrong figure harms longer than a missing one, above all in an energy counter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from agent.model.clock import Now
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    BatteryStatus,
    DeviceId,
    InverterReading,
    MeterReading,
    Reading,
)
from drivers.modbus.expressions import parse
from drivers.modbus.model import Derived, DeviceModel, Key, Register, Value, Values, key_of, number
from drivers.modbus.vocabulary import PHASES

R = TypeVar("R", bound=Reading)

IDLE_BELOW_W = 20.0
"""A battery that moves less than this rests; inverters measure a few watts of themselves."""

_OFFLINE = "offline"
_STATUS_WORDS = {
    "charging": BatteryStatus.CHARGING,
    "discharging": BatteryStatus.DISCHARGING,
    "idle": BatteryStatus.IDLE,
    "off": BatteryStatus.IDLE,
    "empty": BatteryStatus.IDLE,
    "full": BatteryStatus.IDLE,
    "holding": BatteryStatus.IDLE,
    "standby": BatteryStatus.IDLE,
    "sleep": BatteryStatus.IDLE,
    "fault": BatteryStatus.FAULT,
}
_STAMPS = frozenset({"device", "at", "mono_s"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the house calls the parts of a device; None for a part that is not used."""

    inverter: DeviceId | None = None
    battery: DeviceId | None = None
    meter: DeviceId | None = None


class Meaning:
    """Turns the values of each poll into Readings.

    Args:
        registers: those that the device really has, after variants and SunSpec discovery.
        variants: which ones `identify` has found.
        reverse_sign: the meter counts the wrong way round.
    """

    def __init__(
        self,
        model: DeviceModel,
        registers: Iterable[Register],
        parts: Parts,
        *,
        variants: Iterable[str] = (),
        reverse_sign: bool = False,
    ) -> None:
        self._vendor = model.vendor
        self._parts = parts
        self._reversed = reverse_sign
        self._words: dict[str, str] = {}  # the last status word of each role
        keys = {r.key for r in registers if r.readable}
        self._derived = list(_possible(model.derived, frozenset(variants), keys))
        self._keys = frozenset(keys | {d.key for d in self._derived})

    def with_derived(self, values: Values) -> dict[Key, Value | None]:
        """The values and what follows from them; a register that speaks wins over a sum."""
        found = dict(values)
        for derived in self._derived:
            if found.get(derived.key) is None and (value := _derive(derived, found)) is not None:
                found[derived.key] = value
        return found

    def readings(
        self, values: Values, now: Now, *, mode: BatteryMode | None = None
    ) -> tuple[Reading, ...]:
        """Return one Reading per part that said something in this poll.

        Args:
            values: what this poll has read, in the map's signs.
            mode: the battery's operation mode, if it is known.
        """
        full = self.with_derived(values)
        for (role, name), value in full.items():
            if name == "status" and isinstance(value, str):
                self._words[role] = value
        said = {k: v for k, v in full.items() if self._words.get(k[0]) != _OFFLINE}
        made = (
            self._inverter(said, now),
            self._battery(said, now, mode),
            self._meter(said, now),
        )
        return tuple(reading for reading in made if reading is not None)

    def _meter(self, v: Values, now: Now) -> MeterReading | None:
        sign = -1.0 if self._reversed else 1.0
        imported = _wh(v, ("grid", "energy_import_kwh"))
        exported = _wh(v, ("grid", "energy_export_kwh"))
        if self._reversed:
            imported, exported = exported, imported
        phases: dict[str, float | None] = {}
        for n in PHASES:
            phases[f"power_l{n}_w"] = _signed(v, ("grid", f"power_l{n}_w"), sign)
            phases[f"current_l{n}_a"] = _signed(v, ("grid", f"current_l{n}_a"), sign)
            phases[f"voltage_l{n}_v"] = number(v, ("grid", f"voltage_l{n}_v"))
        known = {
            "power_w": _signed(v, ("grid", "power_w"), sign),
            "frequency_hz": number(v, ("grid", "frequency_hz")),
            "import_wh": imported,
            "export_wh": exported,
            **phases,
        }
        return self._reading(MeterReading, self._parts.meter, known, v, now)

    def _inverter(self, v: Values, now: Now) -> InverterReading | None:
        production_w = number(v, self._source("production_power_w", "dc_power_w"))
        ac_w = number(v, ("inverter", "power_w"))
        if ac_w is None:
            ac_w = number(v, ("inverter", "production_power_w"))
        frequency_hz = number(v, ("inverter", "frequency_hz"))
        known = {
            "production_w": None if production_w is None else max(0.0, production_w),
            "production_wh": _wh(v, self._source("lifetime_production_kwh")),
            "ac_power_w": ac_w,
            "frequency_hz": frequency_hz,
            "temperature_c": number(v, ("inverter", "temperature_c")),
            "status": _word(v, ("inverter", "status")),
            "rated_power_w": number(v, ("inverter", "rated_power_w")),
        }
        return self._reading(InverterReading, self._parts.inverter, known, v, now)

    def _battery(self, v: Values, now: Now, mode: BatteryMode | None) -> BatteryReading | None:
        power_w = number(v, ("battery", "battery_power_w"))
        limit = "reserve_percent" if ("battery", "reserve_percent") in v else "ctl_reserve_percent"
        known = {
            "power_w": power_w,
            "soc_percent": number(v, ("battery", "soc_percent")),
            "capacity_wh": _wh(v, ("battery", "battery_capacity_kwh")),
            "charge_wh": _wh(v, ("battery", "charge_energy_kwh")),
            "discharge_wh": _wh(v, ("battery", "discharge_energy_kwh")),
            "discharge_limit_percent": number(v, ("battery", limit)),
            "max_charge_w": number(v, ("battery", "max_charge_power_w")),
            "max_discharge_w": number(v, ("battery", "max_discharge_power_w")),
            "voltage_v": number(v, ("battery", "battery_voltage_v")),
            "current_a": number(v, ("battery", "battery_current_a")),
            "temperature_c": number(v, ("battery", "temperature_c")),
            "status": self._status(power_w),
        }
        if all(value is None for value in known.values()):
            return None
        return self._reading(
            BatteryReading, self._parts.battery, {**known, "operation_mode": mode}, v, now
        )

    def _status(self, power_w: float | None) -> BatteryStatus | None:
        """What the battery does: a fault by its own word, else by its power, else by its word."""
        word = _STATUS_WORDS.get(self._words.get("battery", ""))
        if word is BatteryStatus.FAULT or power_w is None:
            return word
        if abs(power_w) < IDLE_BELOW_W:
            return BatteryStatus.IDLE
        return BatteryStatus.CHARGING if power_w > 0 else BatteryStatus.DISCHARGING

    def _source(self, *names: str) -> Key:
        """Where a figure of the sun comes from on this device.

        A hybrid's AC side is no such source, since it carries the battery's share too.
        """
        keys = [("pv", name) for name in names]
        if ("battery", "soc_percent") not in self._keys:
            keys.append(("inverter", names[0]))
        return next((key for key in keys if key in self._keys), keys[0])

    def _reading(
        self,
        kind: type[R],
        device: DeviceId | None,
        known: Mapping[str, object],
        v: Values,
        now: Now,
    ) -> R | None:
        said = {name: value for name, value in known.items() if value is not None}
        said |= _identity(v, self._vendor)
        if device is None or not said:
            return None
        allowed = {f.name for f in fields(kind)} - _STAMPS
        return kind(
            device=device,
            at=now.at,
            mono_s=now.mono_s,
            reachable=True,
            **{name: value for name, value in said.items() if name in allowed},  # type: ignore[arg-type]
        )


def _possible(
    derived: Iterable[Derived], variants: frozenset[str], keys: set[Key]
) -> Iterable[Derived]:
    """The sums whose parts this device has, those of its variant first."""
    for one in sorted(derived, key=lambda d: d.when is None):
        names = [key_of(name, one.role) for name in parse(one.expr).names]
        has = any if one.nan_as_zero else all
        if (one.when is None or one.when in variants) and has(key in keys for key in names):
            yield one


def _identity(v: Values, vendor: str) -> dict[str, object]:
    names = ("model", "serial_number", "firmware")
    known = {name: v[("device", name)] for name in names if v.get(("device", name)) is not None}
    if not known:
        return {}
    texts: dict[str, object] = {name: str(value) for name, value in known.items()}
    return {"vendor": str(v.get(("device", "manufacturer")) or vendor), **texts}


def _derive(derived: Derived, values: Values) -> float | None:
    expression = parse(derived.expr)

    def lookup(name: str) -> float | None:
        return number(values, key_of(name, derived.role))

    evaluate = expression.value_of_known if derived.nan_as_zero else expression.value
    value = evaluate(lookup)
    if value is None or derived.clamp_min is None:
        return value
    return max(derived.clamp_min, value)


def _signed(values: Values, key: Key, sign: float) -> float | None:
    value = number(values, key)
    return None if value is None else sign * value


def _wh(values: Values, key: Key) -> float | None:
    """A counter in Wh. Some Huawei firmware reports its export below zero; a counter never is."""
    value = number(values, key)
    return None if value is None else round(abs(value) * 1000, 3)


def _word(values: Values, key: Key) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) else None
