"""Which wire carries what: phases, circuits, the meter. Pure.

House, sun and battery are spread evenly over the phases, a car by its own phases; 230 V and
cos phi 1. Powers in W, + = from the grid.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan.optimise.problem import CarTask

EVEN_PHASES = 3
ENDLESS_W = 1e9


class Mains(Protocol):
    """The part of a Problem or a Moment that says how much the wires bear."""

    @property
    def phases(self) -> int: ...
    @property
    def fuse_a(self) -> float: ...
    @property
    def circuits_a(self) -> Mapping[str, float]: ...
    @property
    def unbalanced_a(self) -> float | None: ...


def shares(car: CarTask, phases: int) -> tuple[float, ...]:
    """Which part of the car's power flows on each phase of the mains; they sum up to 1."""
    return _shares(car.phases, car.first_phase, phases)


@lru_cache(maxsize=64)
def _shares(own: int, first: int, phases: int) -> tuple[float, ...]:
    if phases == 1:
        return (1.0,)
    if own >= phases:
        return (1 / phases,) * phases
    used = {(first - 1 + n) % phases for n in range(own)}
    return tuple(1 / own if k in used else 0.0 for k in range(phases))


def is_even(share: tuple[float, ...]) -> bool:
    return max(share) - min(share) < 1e-9  # noqa: PLR2004 - rounding of thirds


def fuse_w(mains: Mains) -> float:
    """What one phase bears."""
    return mains.fuse_a * NOMINAL_VOLTAGE_V


def most_import_w(mains: Mains, base_w: float, import_limit_w: float | None) -> float:
    """At the meter. A house cannot be shed, so its own need is always allowed.

    Args:
        base_w: the house less its sun.
    """
    fuses_w = fuse_w(mains) * mains.phases
    limit_w = fuses_w if import_limit_w is None else min(import_limit_w, fuses_w)
    return max(limit_w, base_w)


def most_export_w(
    mains: Mains, base_w: float, export_limit_w: float | None, *, curtailable: bool
) -> float:
    """At the meter. Where there is a limit the inverters keep it; where there is none and the
    sun cannot be turned down, all of it may leave."""
    fuses_w = fuse_w(mains) * mains.phases
    if export_limit_w is not None:
        return min(export_limit_w, fuses_w)
    return fuses_w if curtailable else max(fuses_w, -base_w)


_NO_CIRCUITS: dict[str, list[float]] = {}


def _circuits_w(mains: Mains) -> dict[str, list[float]]:
    return {
        name: [amps * NOMINAL_VOLTAGE_V] * mains.phases for name, amps in mains.circuits_a.items()
    }


class Room:
    """What cars and battery may still draw at one time.

    Args:
        base_w: the house less its sun. helps_w: what the battery gives to house and cars.
        import_limit_w: at the meter; None = the fuse alone.
        most_export_w: sun beyond that is turned down, on all phases alike, so that it leaves a
            car on one phase no room.
    """

    __slots__ = ("_circuit_w", "_phase_w", "_unbalanced_w", "_uneven_w", "meter_w")

    def __init__(
        self,
        mains: Mains,
        base_w: float,
        import_limit_w: float | None,
        most_export_w: float = ENDLESS_W,
        helps_w: float = 0.0,
    ) -> None:
        phases, each_w = mains.phases, fuse_w(mains)
        total_w = max(base_w, -most_export_w) - helps_w
        self._phase_w = [max(each_w - total_w / phases, 0.0)] * phases
        self.meter_w = ENDLESS_W
        if import_limit_w is not None:
            self.meter_w = max(import_limit_w - base_w + helps_w, 0.0)
        self._circuit_w = _circuits_w(mains) if mains.circuits_a else _NO_CIRCUITS
        self._uneven_w = [0.0] * phases
        self._unbalanced_w = (
            ENDLESS_W if mains.unbalanced_a is None else mains.unbalanced_a * NOMINAL_VOLTAGE_V
        )

    def most_w(self, share: tuple[float, ...], circuit: str = "") -> float:
        """How much something with these shares may draw more."""
        most_w = self.meter_w
        below = self._circuit_w.get(circuit)
        for room_w, part in zip(self._phase_w, share, strict=True):
            if part > 0 and room_w / part < most_w:
                most_w = room_w / part
        if below is not None:
            most_w = min(most_w, *(w / part for w, part in zip(below, share, strict=True) if part))
        if self._unbalanced_w < ENDLESS_W and not is_even(share):
            others = [w for w, part in zip(self._uneven_w, share, strict=True) if not part]
            highest = max(w for w, part in zip(self._uneven_w, share, strict=True) if part)
            spread_w = self._unbalanced_w + min(others) - highest
            most_w = min(most_w, spread_w / max(share))
        return max(most_w, 0.0)

    def take(self, share: tuple[float, ...], power_w: float, circuit: str = "") -> None:
        """Something draws; negative gives room back."""
        self.meter_w -= power_w
        below = self._circuit_w.get(circuit)
        for k, part in enumerate(share):
            self._phase_w[k] -= part * power_w
            self._uneven_w[k] += part * power_w
            if below is not None:
                below[k] -= part * power_w

    def even_w(self) -> float:
        """How much something on all phases (the battery) may draw more."""
        return max(min(self.meter_w, min(self._phase_w) * len(self._phase_w)), 0.0)

    def take_even(self, power_w: float) -> None:
        self.meter_w -= power_w
        for k in range(len(self._phase_w)):
            self._phase_w[k] -= power_w / len(self._phase_w)

    def lowest_uneven_w(self) -> float:
        """What the cars draw on the phase where they draw least."""
        return min(self._uneven_w)

    def uneven_sum_w(self) -> float:
        """What the cars draw together."""
        return sum(self._uneven_w)
