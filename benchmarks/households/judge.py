"""How well the cars that were named fit what truly happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.households.life import GUEST, Life, Stay

COUNTS_S = 60.0
SHORT_S = 1200.0

Told = tuple[float, str, str | None, float]
"""(instant, charger, car, confidence) whenever another car was named."""


@dataclass(slots=True, kw_only=True)
class Tally:
    plugs: int = 0
    false: int = 0
    false_s: float = 0.0
    own: int = 0
    found: int = 0
    own_s: float = 0.0
    found_s: float = 0.0
    minutes: list[float] = field(default_factory=list)
    days: float = 0.0
    lines: int = 0
    cpu_s: float = 0.0

    def add(self, other: "Tally") -> None:
        for name in ("plugs", "false", "false_s", "own", "found", "own_s", "found_s", "days",
                     "lines", "cpu_s"):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.minutes += other.minutes


def judge(life: Life, chargers: Iterable[str], told: Sequence[Told], end_s: float) -> Tally:
    """False: a wrong car, or any on a guest's cable, named for more than a minute. Found: the
    right car of the house named within a session of more than 20 minutes."""
    tally = Tally()
    named: dict[str, list[tuple[float, str | None]]] = defaultdict(list)
    for at_s, charger, car, _ in told:
        named[charger].append((at_s, car))
    for charger in chargers:
        for stay in life.stays:
            if stay.charger == charger and stay.plug_s < end_s:
                _stay(stay, named[charger], min(stay.unplug_s, end_s), tally)
    return tally


def _stay(stay: Stay, named: list[tuple[float, str | None]], end_s: float, tally: Tally) -> None:
    tally.plugs += 1
    right_s, wrong_s, first_s = 0.0, 0.0, None
    for index, (from_s, car) in enumerate(named):
        to_s = named[index + 1][0] if index + 1 < len(named) else end_s
        span_s = min(to_s, end_s) - max(from_s, stay.plug_s)
        if car is None or span_s <= 0:
            continue
        if car == stay.car:
            right_s += span_s
            first_s = max(from_s, stay.plug_s) if first_s is None else first_s
        else:
            wrong_s += span_s
    if wrong_s > COUNTS_S:
        tally.false += 1
        tally.false_s += wrong_s
    length_s = end_s - stay.plug_s
    if stay.car == GUEST or length_s < SHORT_S:
        return
    tally.own += 1
    tally.own_s += length_s
    tally.found_s += right_s
    if first_s is not None:
        tally.found += 1
        tally.minutes.append((first_s - stay.plug_s) / 60)
