"""A simulated house as its devices see and steer it."""

from simulators.battery import BatteryOrder
from simulators.physics import House
from simulators.plant import Phases

_BEFORE_WH = {
    "import": 812e3,
    "export": 640e3,
    "pv": 930e3,
    "charge": 310e3,
    "discharge": 284e3,
}
"""What the devices' lifetime counters showed when the simulation began: no house is new."""


class HouseView:
    """A Plant on top of a House, with counters that began long before the simulation."""

    frequency_hz = 50.0

    def __init__(self, house: House) -> None:
        self.house = house

    @property
    def order(self) -> BatteryOrder:
        return self.house.battery.order

    @order.setter
    def order(self, order: BatteryOrder) -> None:
        self.house.battery.order = order

    @property
    def pv_limit_w(self) -> float | None:
        return self.house.pv_limit_w

    @pv_limit_w.setter
    def pv_limit_w(self, limit_w: float | None) -> None:
        self.house.pv_limit_w = limit_w

    @property
    def pv_limit_until_s(self) -> float:
        return self.house.pv_limit_until_s

    @pv_limit_until_s.setter
    def pv_limit_until_s(self, until_s: float) -> None:
        self.house.pv_limit_until_s = until_s

    @property
    def now_s(self) -> float:
        return self.house.now_s

    @property
    def pv_w(self) -> float:
        return self.house.pv_w

    @property
    def load_w(self) -> float:
        return self.house.load_w

    @property
    def battery_w(self) -> float:
        return self.house.battery.power_w

    @property
    def grid_w(self) -> float:
        return self.house.grid_w

    @property
    def grid_phases_w(self) -> Phases:
        return self.house.grid_phases_w

    @property
    def voltages_v(self) -> Phases:
        return self.house.voltages_v

    @property
    def soc_percent(self) -> float:
        return self.house.battery.soc_percent

    @property
    def capacity_wh(self) -> float:
        return self.house.battery.capacity_wh

    @property
    def max_charge_w(self) -> float:
        return self.house.battery.max_charge_w

    @property
    def max_discharge_w(self) -> float:
        return self.house.battery.max_discharge_w

    @property
    def rated_w(self) -> float:
        return self.house.rated_w

    @property
    def import_wh(self) -> float:
        return _BEFORE_WH["import"] + self.house.imported_wh

    @property
    def export_wh(self) -> float:
        return _BEFORE_WH["export"] + self.house.exported_wh

    @property
    def import_phases_wh(self) -> Phases:
        return _lifted(self.house.imported_phases_wh, _BEFORE_WH["import"])

    @property
    def export_phases_wh(self) -> Phases:
        return _lifted(self.house.exported_phases_wh, _BEFORE_WH["export"])

    @property
    def pv_wh(self) -> float:
        return _BEFORE_WH["pv"] + self.house.produced_wh

    @property
    def charge_wh(self) -> float:
        return _BEFORE_WH["charge"] + self.house.battery.charge_wh

    @property
    def discharge_wh(self) -> float:
        return _BEFORE_WH["discharge"] + self.house.battery.discharge_wh


def _lifted(phases_wh: Phases, before_wh: float) -> Phases:
    """Counters per phase, each with its third of what went before."""
    one, two, three = (wh + before_wh / 3 for wh in phases_wh)
    return one, two, three
