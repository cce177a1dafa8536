"""What a Modbus device can see of its house, and what it can order."""

import math
from dataclasses import dataclass, field
from typing import Protocol

from simulators.battery import BatteryOrder

Phases = tuple[float, float, float]


class Plant(Protocol):
    """Signs: grid + import, battery + charging, solar and load >= 0; energies only grow."""

    order: BatteryOrder
    pv_limit_w: float | None  # somebody curtails the roof,
    pv_limit_until_s: float  # until this house time

    @property
    def now_s(self) -> float: ...
    @property
    def pv_w(self) -> float: ...
    @property
    def load_w(self) -> float: ...  # with the cars: what an inverter takes for the house
    @property
    def battery_w(self) -> float: ...
    @property
    def grid_w(self) -> float: ...
    @property
    def grid_phases_w(self) -> Phases: ...
    @property
    def voltages_v(self) -> Phases: ...
    @property
    def frequency_hz(self) -> float: ...
    @property
    def soc_percent(self) -> float: ...
    @property
    def capacity_wh(self) -> float: ...
    @property
    def max_charge_w(self) -> float: ...
    @property
    def max_discharge_w(self) -> float: ...
    @property
    def rated_w(self) -> float: ...
    @property
    def import_wh(self) -> float: ...
    @property
    def export_wh(self) -> float: ...
    @property
    def import_phases_wh(self) -> Phases: ...
    @property
    def export_phases_wh(self) -> Phases: ...
    @property
    def pv_wh(self) -> float: ...
    @property
    def charge_wh(self) -> float: ...
    @property
    def discharge_wh(self) -> float: ...


@dataclass(slots=True, kw_only=True)
class FixedPlant:
    """A plant that never changes by itself; for one device alone with figures of one's choice."""

    now_s: float = 0.0
    pv_w: float = 0.0
    load_w: float = 0.0
    battery_w: float = 0.0
    grid_w: float = 0.0
    voltages_v: Phases = (230.0, 230.0, 230.0)
    frequency_hz: float = 50.0
    soc_percent: float = 50.0
    capacity_wh: float = 10_000.0
    max_charge_w: float = 5000.0
    max_discharge_w: float = 5000.0
    rated_w: float = 10_000.0
    import_wh: float = 0.0
    export_wh: float = 0.0
    pv_wh: float = 0.0
    charge_wh: float = 0.0
    discharge_wh: float = 0.0
    order: BatteryOrder = field(default_factory=BatteryOrder)
    pv_limit_w: float | None = None
    pv_limit_until_s: float = math.inf
    grid_l1_w: float | None = None
    grid_l2_w: float | None = None
    grid_l3_w: float | None = None

    @property
    def grid_phases_w(self) -> Phases:
        third_w = self.grid_w / 3
        given = (self.grid_l1_w, self.grid_l2_w, self.grid_l3_w)
        one, two, three = (third_w if value is None else value for value in given)
        return one, two, three

    @property
    def import_phases_wh(self) -> Phases:
        return (self.import_wh / 3,) * 3

    @property
    def export_phases_wh(self) -> Phases:
        return (self.export_wh / 3,) * 3
