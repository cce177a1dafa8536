"""A house that obeys the law: grid = load + cars + battery - sun, at every instant and in sum.

Pure and deterministic: time enters as an argument and weather comes from a seed or a trace.
Powers are constant between two steps, so the counters are exact sums and agree with the powers
at any speed; `advance_to` the instant of a question before answering it.
"""

import math
from dataclasses import dataclass, field
from typing import Protocol

from simulators.battery import Battery
from simulators.car import Car
from simulators.noise import noise, smooth_noise
from simulators.plant import Phases

_LINE_OHM = 0.12
"""The voltage falls a little under load."""


class Surroundings(Protocol):
    """Where sun and household come from: a seed (`sun.Weather`) or a file (`trace.Trace`)."""

    @property
    def gap_steps(self) -> int: ...
    def pv_w(self, at_s: float) -> float: ...
    def load_w(self, at_s: float) -> float: ...
    def holds_until_s(self, at_s: float) -> float: ...


@dataclass(slots=True, kw_only=True)
class House:
    """Signs: grid + import, battery + charging. `base_load_w` is the house without cars.
    Energies in the past tense (`imported_wh`) count from the start of the simulation.

    Args:
        now_s: house time up to which everything is accounted for.
        step_s: longest step; shorter ones are taken where something jumps.
        fuse_a: main fuse per phase, only to count the seconds above it.
        extra_w: load per phase that somebody switched on beside what the surroundings tell.
        circuit_extra_w: the same behind the breaker of the circuit on which the cars hang.
    """

    surroundings: Surroundings
    now_s: float
    cars: list[Car] = field(default_factory=list)
    battery: Battery = field(default_factory=Battery)
    seed: int = 1
    step_s: float = 1.0
    fuse_a: float = 25.0
    rated_w: float = 10_000.0
    extra_w: Phases = (0.0, 0.0, 0.0)
    circuit_extra_w: Phases = (0.0, 0.0, 0.0)
    pv_limit_w: float | None = None
    pv_limit_until_s: float = math.inf
    base_load_w: float = 0.0
    pv_w: float = 0.0
    grid_w: float = 0.0
    grid_phases_w: Phases = (0.0, 0.0, 0.0)
    voltages_v: Phases = (230.0, 230.0, 230.0)
    base_load_wh: float = 0.0
    produced_wh: float = 0.0
    imported_wh: float = 0.0
    exported_wh: float = 0.0
    imported_phases_wh: Phases = (0.0, 0.0, 0.0)
    exported_phases_wh: Phases = (0.0, 0.0, 0.0)
    max_current_a: Phases = (0.0, 0.0, 0.0)
    over_fuse_s: float = 0.0
    simulated_s: float = 0.0

    def __post_init__(self) -> None:
        self._choose_powers(math.inf)

    def advance_to(self, at_s: float) -> None:
        """Let time pass until `at_s`; a time in the past changes nothing."""
        while self.now_s < at_s:
            end_s = min(at_s, self.now_s + self.step_s, self._next_jump_s())
            seconds = end_s - self.now_s
            if seconds <= 0:  # a jump nearer than a float can tell apart
                end_s = math.nextafter(self.now_s, math.inf)
                seconds = end_s - self.now_s
            self._integrate(seconds)
            self.now_s = end_s
            self._choose_powers(seconds)

    def settle(self) -> None:
        """Choose the powers again after somebody changed an order, an offer or a plug."""
        self._choose_powers(0.0)

    def _next_jump_s(self) -> float:
        return min(
            self.surroundings.holds_until_s(self.now_s),
            self.battery.order.changes_at_s,
            self.pv_limit_until_s,
            *(car.changes_at_s(self.now_s) for car in self.cars),
        )

    def _choose_powers(self, past_s: float) -> None:
        now_s = self.now_s
        self.voltages_v = self._voltages()
        self.base_load_w = self.surroundings.load_w(now_s) + self.switched_on_w
        self.pv_w = self.surroundings.pv_w(now_s)
        if now_s >= self.pv_limit_until_s:
            self.pv_limit_w, self.pv_limit_until_s = None, math.inf
        if self.pv_limit_w is not None:
            self.pv_w = min(self.pv_w, self.pv_limit_w)
        for car in self.cars:
            car.decide(now_s, self.voltages_v)
        self.battery.order = self.battery.order.expire(now_s)
        residual_w = self.load_w - self.pv_w
        if self.battery.capacity_wh > 0:
            self.battery.decide(residual_w, past_s, self.step_s)
        self.grid_w = residual_w + self.battery.power_w
        self.grid_phases_w = self._split()

    def _voltages(self) -> Phases:
        volts = [
            229.0
            + 3.0 * smooth_noise(self.seed, f"volt {phase}", self.now_s, 60.0)
            - _LINE_OHM * self.grid_phases_w[phase] / 230.0
            for phase in range(3)
        ]
        return volts[0], volts[1], volts[2]

    def _split(self) -> Phases:
        """Grid power per phase: the household leans to one side, sun and battery do not."""
        slot = int(self.now_s // 600.0)
        weights = [0.4 + noise(self.seed, f"phase {phase}", slot) for phase in range(3)]
        even_w = (self.battery.power_w - self.pv_w) / 3
        household_w = self.base_load_w - self.switched_on_w
        phases_w = [household_w * weight / sum(weights) + even_w for weight in weights]
        behind_w = self.circuit_phases_w
        for phase in range(3):
            phases_w[phase] += self.extra_w[phase] + behind_w[phase]
        return phases_w[0], phases_w[1], phases_w[2]

    @property
    def switched_on_w(self) -> float:
        return sum(self.extra_w) + sum(self.circuit_extra_w)

    @property
    def circuit_phases_w(self) -> Phases:
        """What flows through the circuit of the cars."""
        one, two, three = (
            self.circuit_extra_w[phase]
            + sum(car.current_a[phase] for car in self.cars) * self.voltages_v[phase]
            for phase in range(3)
        )
        return one, two, three

    def _integrate(self, seconds: float) -> None:
        hours = seconds / 3600.0
        self.base_load_wh += self.base_load_w * hours
        self.produced_wh += self.pv_w * hours
        self.imported_wh += max(0.0, self.grid_w) * hours
        self.exported_wh += max(0.0, -self.grid_w) * hours
        self.battery.integrate(seconds)
        for car in self.cars:
            car.integrate(seconds)
        imports, exports = self.imported_phases_wh, self.exported_phases_wh
        flows = [power_w * hours for power_w in self.grid_phases_w]
        self.imported_phases_wh = _added(imports, [max(0.0, flow_wh) for flow_wh in flows])
        self.exported_phases_wh = _added(exports, [max(0.0, -flow_wh) for flow_wh in flows])
        self._watch_fuse(seconds)
        self.simulated_s += seconds

    def _watch_fuse(self, seconds: float) -> None:
        amps = [abs(w) / v for w, v in zip(self.grid_phases_w, self.voltages_v, strict=True)]
        most = [max(a, b) for a, b in zip(self.max_current_a, amps, strict=True)]
        self.max_current_a = most[0], most[1], most[2]
        if max(amps) > self.fuse_a:
            self.over_fuse_s += seconds

    @property
    def cars_w(self) -> float:
        return sum(car.power_w for car in self.cars)

    @property
    def cars_wh(self) -> float:
        return sum(car.taken_wh for car in self.cars)

    @property
    def load_w(self) -> float:
        """The house with its cars."""
        return self.base_load_w + self.cars_w

    @property
    def balance_error_wh(self) -> float:
        """What went missing since the start; rounding of floats and nothing else."""
        came_wh = self.imported_wh + self.produced_wh + self.battery.discharge_wh
        went_wh = self.exported_wh + self.base_load_wh + self.cars_wh + self.battery.charge_wh
        return came_wh - went_wh


def _added(sums: Phases, more: list[float]) -> Phases:
    return sums[0] + more[0], sums[1] + more[1], sums[2] + more[2]
