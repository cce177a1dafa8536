"""SunSpec models 123 (immediate controls) and 124 (storage), and what they do to a plant."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulators.devices.sunspec_points import Point, fixed, missing, sf
from simulators.plant import Plant
from simulators.registers import ILLEGAL_VALUE, Fault

_LIMIT_CHARGE, _LIMIT_DISCHARGE = 1, 2


@dataclass(slots=True)
class Controls:
    plant: Plant
    limit_percent: float = 10_000
    limit_revert_s: float = 0
    limit_enabled: float = 0
    connected: float = 1
    storage_mode: float = 0
    out_rate: float = 10_000
    in_rate: float = 10_000
    rate_revert_s: float = 0
    grid_charge: float = 0
    reserve_percent: float = 500

    def setting(self, name: str, least: float, most: float) -> Point:
        def write(value: float) -> None:
            if not least <= value <= most:
                raise Fault(ILLEGAL_VALUE)
            setattr(self, name, value)
            self.apply()

        kind = "s16" if least < 0 else "u16"
        return Point(kind, lambda: getattr(self, name), write)

    def apply(self) -> None:
        plant = self.plant
        until_s = plant.now_s + self.limit_revert_s if self.limit_revert_s else math.inf
        plant.pv_limit_w, plant.pv_limit_until_s = None, math.inf
        if not self.connected:
            plant.pv_limit_w = 0.0
        elif self.limit_enabled:
            plant.pv_limit_w = plant.rated_w * self.limit_percent / 10_000
            plant.pv_limit_until_s = until_s
        self._apply_storage()

    def _apply_storage(self) -> None:
        """A negative limit is a demand: discharging at most -50 % is charging at half power."""
        plant, mode = self.plant, int(self.storage_mode)
        until_s = plant.now_s + self.rate_revert_s if self.rate_revert_s else math.inf
        setpoint_w = charge_w = discharge_w = None
        if mode & _LIMIT_CHARGE:
            charge_w = plant.max_charge_w * self.in_rate / 10_000
            setpoint_w = charge_w if charge_w < 0 else None
        if mode & _LIMIT_DISCHARGE:
            discharge_w = plant.max_charge_w * self.out_rate / 10_000
            setpoint_w = -discharge_w if discharge_w < 0 else setpoint_w
        plant.order = replace(
            plant.order,
            setpoint_w=setpoint_w,
            setpoint_until_s=until_s,
            max_charge_w=None if setpoint_w is not None else charge_w,
            max_discharge_w=None if setpoint_w is not None else discharge_w,
            limits_until_s=until_s,
            min_soc_percent=self.reserve_percent / 100,
        )


def immediate(controls: Controls) -> Iterator[Point]:
    yield missing()
    yield missing()
    yield controls.setting("connected", 0, 1)
    yield controls.setting("limit_percent", 0, 10_000)
    yield missing()
    yield controls.setting("limit_revert_s", 0, 65_534)
    yield missing()
    yield controls.setting("limit_enabled", 0, 1)
    yield fixed("s16", 100)
    yield from (missing() for _ in range(3))
    yield fixed("u16", 0)
    yield from (missing("s16") for _ in range(3))
    yield from (missing() for _ in range(3))
    yield missing()
    yield fixed("u16", 0)
    yield sf(-2)
    yield sf(-2)
    yield missing("s16")


def storage(plant: Plant, controls: Controls) -> Iterator[Point]:
    def status() -> float:
        return 6 if not plant.battery_w else 4 if plant.battery_w > 0 else 3

    yield fixed("u16", plant.max_charge_w)
    yield fixed("u16", 100)
    yield fixed("u16", 100)
    yield controls.setting("storage_mode", 0, 3)
    yield missing()
    yield controls.setting("reserve_percent", 0, 10_000)
    yield Point("u16", lambda: plant.soc_percent * 100)
    yield missing()
    yield missing()
    yield Point("u16", status)
    yield controls.setting("out_rate", -10_000, 10_000)
    yield controls.setting("in_rate", -10_000, 10_000)
    yield missing()
    yield controls.setting("rate_revert_s", 0, 65_534)
    yield missing()
    yield controls.setting("grid_charge", 0, 1)
    yield sf(0)
    yield sf(0)
    yield missing("s16")
    yield sf(-2)
    yield sf(-2)
    yield from (missing("s16") for _ in range(2))
    yield sf(-2)
