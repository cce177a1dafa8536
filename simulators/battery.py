"""A stationary battery behind an inverter: regulates by itself unless somebody orders otherwise."""

import math
from dataclasses import dataclass, field, replace

FOREVER_S = math.inf
_RESPONSE_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryOrder:
    """What somebody told the battery; an empty order is self-consumption.

    Args:
        setpoint_w: + charge, - discharge, whatever the house needs; None = regulate the grid.
        setpoint_until_s: house time after which the setpoint is forgotten.
        grid_target_w: where the grid is regulated to; + import.
        grid_target_until_s: house time after which it is 0 again.
        max_charge_w, max_discharge_w: >= 0; None = as the battery can.
        limits_until_s: house time after which both are forgotten.
        min_soc_percent, max_soc_percent: where discharging and charging end.
    """

    setpoint_w: float | None = None
    setpoint_until_s: float = FOREVER_S
    grid_target_w: float = 0.0
    grid_target_until_s: float = FOREVER_S
    max_charge_w: float | None = None
    max_discharge_w: float | None = None
    limits_until_s: float = FOREVER_S
    min_soc_percent: float = 5.0
    max_soc_percent: float = 100.0

    def expire(self, now_s: float) -> "BatteryOrder":
        """The order without what has run out by `now_s`."""
        order = self
        if now_s >= order.setpoint_until_s:
            order = replace(order, setpoint_w=None, setpoint_until_s=FOREVER_S)
        if now_s >= order.grid_target_until_s:
            order = replace(order, grid_target_w=0.0, grid_target_until_s=FOREVER_S)
        if now_s >= order.limits_until_s:
            order = replace(
                order, max_charge_w=None, max_discharge_w=None, limits_until_s=FOREVER_S
            )
        return order

    @property
    def changes_at_s(self) -> float:
        return min(self.setpoint_until_s, self.grid_target_until_s, self.limits_until_s)


@dataclass(slots=True, kw_only=True)
class Battery:
    """All powers are at the AC side, + charging.

    Args:
        efficiency: one way; a full circle gives its square back.
    """

    capacity_wh: float = 10_000.0
    soc_percent: float = 50.0
    max_charge_w: float = 5000.0
    max_discharge_w: float = 5000.0
    efficiency: float = 0.96
    order: BatteryOrder = field(default_factory=BatteryOrder)
    power_w: float = 0.0
    charge_wh: float = 0.0
    discharge_wh: float = 0.0

    def decide(self, residual_w: float, past_s: float, longest_step_s: float) -> None:
        """Choose the power of the next step.

        Args:
            residual_w: what the grid would give without the battery.
            past_s: seconds since the last decision; the inverter needs 1.5 s to follow.
            longest_step_s: how long the choice may stand; it never overruns full or empty.
        """
        order = self.order
        wish_w = order.setpoint_w
        if wish_w is None:
            wish_w = order.grid_target_w - residual_w
        power_w = wish_w + (self.power_w - wish_w) * math.exp(-past_s / _RESPONSE_S)
        room_wh = max(0.0, order.max_soc_percent - self.soc_percent) / 100 * self.capacity_wh
        left_wh = max(0.0, self.soc_percent - order.min_soc_percent) / 100 * self.capacity_wh
        per_step = 3600.0 / longest_step_s
        most_w = min(
            self.max_charge_w, _or(order.max_charge_w), room_wh * per_step / self.efficiency
        )
        least_w = -min(
            self.max_discharge_w, _or(order.max_discharge_w), left_wh * per_step * self.efficiency
        )
        power_w = min(most_w, max(least_w, power_w))
        self.power_w = 0.0 if abs(power_w) < 0.5 else power_w

    def integrate(self, seconds: float) -> None:
        """Let the chosen power flow for some seconds."""
        if self.capacity_wh <= 0 or not self.power_w:
            return
        energy_wh = self.power_w * seconds / 3600.0
        if energy_wh > 0:
            self.charge_wh += energy_wh
            stored_wh = energy_wh * self.efficiency
        else:
            self.discharge_wh -= energy_wh
            stored_wh = energy_wh / self.efficiency
        soc_percent = self.soc_percent + stored_wh / self.capacity_wh * 100
        self.soc_percent = min(100.0, max(0.0, soc_percent))


def _or(limit_w: float | None) -> float:
    return math.inf if limit_w is None else max(0.0, limit_w)
