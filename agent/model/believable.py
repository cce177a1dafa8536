"""What no device of any house can mean: figures beyond all measure are not said at all.

Wrong register maps, words read in the wrong order and broken messages look like numbers. Only what
is impossible everywhere is dropped here, never changed to something near it; what is merely too
much for one device is for those who know the device.
"""

from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Final, TypeVar

from agent.model.readings import Reading

R = TypeVar("R", bound=Reading)

POSSIBLE: Final = {
    "w": (-1e6, 1e6),  # a house connection of 63 A is 43 kW; no low-voltage one reaches 1 MW
    "wh": (-1e12, 1e12),
    "a": (-5e3, 5e3),
    "v": (-2e3, 2e3),  # strings and battery towers are built for up to 1500 V
    "hz": (0.0, 1e3),
    "percent": (-1.0, 101.0),  # batteries that are balanced say a little over 100
    "c": (-100.0, 500.0),
}
"""Unit at the end of a field's name -> the least and the most that it can be."""

_SYMBOLS: Final = {"w": "W", "wh": "Wh", "a": "A", "v": "V", "hz": "Hz", "percent": "%", "c": "°C"}


@dataclass(frozen=True, slots=True)
class Absurd:
    """One figure that was dropped.

    Args:
        field: such as `power_w`.
    """

    field: str
    value: float

    @property
    def sentence(self) -> str:
        name, _, unit = self.field.rpartition("_")
        low, high = POSSIBLE[unit]
        said = f"{name.replace('_', ' ')} of {self.value:.6g} {_SYMBOLS[unit]}"
        return f"{said} cannot be (only {low:g} to {high:g} can)"


def believable(reading: R) -> tuple[R, tuple[Absurd, ...]]:
    """The Reading without what is impossible, and what that was."""
    absurd = []
    for name, low, high in _bounds(type(reading)):  # type: ignore[arg-type]
        value = getattr(reading, name)
        if value is not None and not low <= value <= high:
            absurd.append(Absurd(name, value))
    if not absurd:
        return reading, ()
    unsaid = dict.fromkeys((each.field for each in absurd), None)
    return replace(reading, **unsaid), tuple(absurd)  # type: ignore[arg-type]


@cache
def _bounds(kind: type[Reading]) -> tuple[tuple[str, float, float], ...]:
    found = ((f.name, POSSIBLE.get(f.name.rpartition("_")[2])) for f in fields(kind))
    return tuple((name, *bounds) for name, bounds in found if bounds is not None)
