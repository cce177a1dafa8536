"""What a method published beside what was true."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.pairing.household import Household, Plug

FALSE_AFTER_S = 60.0
SHORTEST_S = 1200.0
"""Own sessions of less are not asked for."""


class Named(NamedTuple):
    """From `t_s` on the method says that `car` hangs on the charger; None = unknown."""

    t_s: float
    charger: str
    car: str | None
    confidence: float


@dataclass(slots=True, kw_only=True)
class Tally:
    """Of one household, or of several.

    Args:
        plugs: all plug-ins, guests' too; `guests` of these.
        false: plug-ins with a wrong name for more than a minute; `false_s` how long in all.
        own, found: own sessions of more than 20 minutes, and those that were named right.
        known, known_found: the same for the identifiable ones.
        waits_s: from the plug to the right name. lags_s: from the unplug to no name.
        cpu_s, replay_s: CPU of pairing alone, and of the whole replay.
        stated: confidence of each name when it was published, and whether it was right.
    """

    plugs: int = 0
    guests: int = 0
    false: int = 0
    false_s: float = 0
    own: int = 0
    found: int = 0
    known: int = 0
    known_found: int = 0
    own_s: float = 0
    found_s: float = 0
    cpu_s: float = 0
    replay_s: float = 0
    days: float = 0
    waits_s: list[float] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)
    stated: list[tuple[float, bool]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def judge(home: Household, named: Iterable[Named]) -> Tally:
    tally = Tally(days=home.days)
    spans: dict[str, list[Named]] = {}
    for name in named:
        spans.setdefault(name.charger, []).append(name)
    times = {charger: [n.t_s for n in names] for charger, names in spans.items()}
    for index, plug in enumerate(home.plugs):
        names = spans.get(plug.charger, [])
        _score(tally, home, plug, _during(names, times.get(plug.charger, []), plug))
        following = next((p for p in home.plugs[index + 1 :] if p.charger == plug.charger), None)
        if plug.online and (following is None or following.from_s > plug.to_s + 60):
            lag_s = _lag_s(names, times.get(plug.charger, []), plug)
            if lag_s is not None:
                tally.lags_s.append(lag_s)
    return tally


def _during(names: list[Named], times: list[float], plug: Plug) -> list[tuple[float, float, Named]]:
    """What was named while the car was plugged in: from, to, name."""
    first = max(0, bisect_right(times, plug.from_s) - 1)
    parts = []
    for index in range(first, len(names)):
        begins = max(names[index].t_s, plug.from_s)
        ends = min(names[index + 1].t_s if index + 1 < len(names) else plug.to_s, plug.to_s)
        if begins >= plug.to_s:
            break
        if ends > begins and names[index].car is not None:
            parts.append((begins, ends, names[index]))
    return parts


def _score(
    tally: Tally, home: Household, plug: Plug, parts: list[tuple[float, float, Named]]
) -> None:
    tally.plugs += 1
    tally.guests += plug.car is None
    wrong_s = sum(e - b for b, e, n in parts if n.car != plug.car)
    right = [(b, e) for b, e, n in parts if n.car == plug.car]
    for begins, ends, name in parts:
        if name.t_s >= plug.from_s and ends - begins > FALSE_AFTER_S:
            tally.stated.append((name.confidence, name.car == plug.car))
    if wrong_s > FALSE_AFTER_S:
        tally.false += 1
        named = next(n for _, _, n in parts if n.car != plug.car)
        tally.wrong.append(
            f"seed {home.seed} {plug.charger} {home.time(plug.from_s)}: {plug.car or 'a guest'}"
            f" named {named.car} ({named.confidence:.4f}) at {home.time(named.t_s)}"
            f" for {wrong_s / 60:.0f} min"
        )
    tally.false_s += wrong_s
    lasts_s = plug.to_s - plug.from_s
    if plug.car is None or lasts_s <= SHORTEST_S:
        return
    tally.own += 1
    tally.own_s += lasts_s
    tally.found_s += sum(e - b for b, e in right)
    tally.found += bool(right)
    tally.known += plug.identifiable
    tally.known_found += bool(right) and plug.identifiable
    if right:
        tally.waits_s.append(right[0][0] - plug.from_s)


def _lag_s(names: list[Named], times: list[float], plug: Plug) -> float | None:
    """None when nothing was named at the unplug."""
    index = bisect_right(times, plug.to_s) - 1
    if index < 0 or names[index].car is None:
        return None
    for later in names[index + 1 :]:
        if later.car is None or later.car != names[index].car:
            return later.t_s - plug.to_s
    return None
