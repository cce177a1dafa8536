"""What a car tells: late, rounded, partly, and sometimes wrongly."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.pairing.dice import Dice
from benchmarks.pairing.things import Car, House, Moment, Source
from benchmarks.pairing.world import DAY, HOUR


class Line(NamedTuple):
    """One line of a stream. `at_s` None: a command, whose fields are complete."""

    seen_s: float
    at_s: float | None
    device: str
    fields: dict[str, Any]


def car_lines(car: Car, house: House, end_s: float, dice: Dice) -> Iterator[Line]:
    """All that reaches the house of this car, ordered by when."""
    source = car.source
    told = _Told(car, house, end_s, dice)
    dice.turn("uploads")
    uploads = _uploads(car, end_s, dice)
    dice.turn("deliveries")
    last: dict[str, Any] = {}
    for seen_s, taken_s in _deliveries(source, uploads, end_s, dice):
        if any(a <= seen_s < b for a, b in source.outages):
            continue
        fields = told.fields(taken_s)
        if source.changes_only:
            changed = {k: v for k, v in fields.items() if k not in last or last[k] != v}
            if "latitude" in changed or "longitude" in changed:
                changed |= {k: fields[k] for k in ("latitude", "longitude") if k in fields}
            last |= fields
            fields = changed
        if fields:
            yield Line(seen_s, seen_s if source.restamped else taken_s, car.name, fields)


def _deliveries(
    source: Source, uploads: list[float], end_s: float, dice: Dice
) -> Iterator[tuple[float, float]]:
    """When the house hears, and of when that is."""
    if source.poll_s is None:
        heard_s = 0.0
        for up in uploads:
            heard_s = max(heard_s, up + min(240.0, dice.expovariate(1 / 4)))
            yield heard_s, up
        return
    poll_s, before = dice.uniform(0, source.poll_s), -1.0
    while poll_s < end_s:
        newest = bisect_right(uploads, poll_s - 2) - 1
        if newest >= 0:
            up = uploads[newest]
            if source.restamped or up != before:
                yield poll_s, up
            before = up
        poll_s += source.poll_s * dice.uniform(0.96, 1.06)


def _uploads(car: Car, end_s: float, dice: Dice) -> list[float]:
    """The instants at which the car speaks to its maker."""
    source, made = car.source, [0.0]
    last_s, turned_s, before = 0.0, 0.0, car.log[0]
    for now, after in zip(car.log, [*car.log[1:], None], strict=True):
        until_s = end_s if after is None else min(after.t_s, end_s)
        if now.t_s >= end_s:
            break
        turned = now.plugged != before.plugged or (now.kw > 0) != (before.kw > 0)
        parked = before.driving and not now.driving
        if turned or parked or now.driving:
            turned_s = now.t_s
        if (turned or parked) and dice.random() < source.event_share:
            made.append(now.t_s + dice.uniform(1, source.event_s))
        before = now
        last_s = _regular(source, now, (until_s, turned_s), last_s, made, dice)
    return sorted(t for t in made if t < end_s)


def _regular(
    source: Source,
    now: Moment,
    ends: tuple[float, float],
    last_s: float,
    made: list[float],
    dice: Dice,
) -> float:
    until_s, turned_s = ends
    while True:
        at_s = max(last_s, now.t_s)
        if now.driving:
            every_s: float | None = source.driving_s
        elif now.kw > 0:
            every_s = source.charging_s
        elif at_s < turned_s + source.awake_for_s:
            every_s = source.awake_s
        else:
            every_s = source.asleep_s
        if every_s is None:
            return last_s
        due_s = max(now.t_s, last_s + every_s * dice.uniform(0.95, 1.05))
        if due_s >= until_s:
            return last_s
        made.append(due_s)
        last_s = due_s


class _Told:
    """What the car holds to be true at an instant."""

    def __init__(self, car: Car, house: House, end_s: float, dice: Dice) -> None:
        self._car, self._source, self._dice, self._house = car, car.source, dice, house
        self._times = [m.t_s for m in car.log]
        self._plug = _flag(car, end_s, dice)
        self._stuck_s = 0.0
        self._wrong: dict[int, tuple[float, float] | None] = {}

    def fields(self, t_s: float) -> dict[str, Any]:
        source, dice = self._source, self._dice
        now = self._moment(t_s)
        flags_s = t_s
        if source.stuck_share and dice.random() < source.stuck_share:
            flags_s = max(self._stuck_s, t_s - dice.uniform(0.2, 1) * source.stuck_s)
        self._stuck_s = flags_s
        then = self._moment(flags_s)
        plugged = _within(self._plug, flags_s)
        charging = then.kw > 0 and then.soc_per_s > 0
        fields: dict[str, Any] = {}
        if source.states and source.has_plug and source.has_charging:
            fields["powerDeliveryState"] = _state(self._car, then, plugged, charging)
        else:
            if source.has_plug:
                fields["isPluggedIn"] = plugged
            if source.has_charging:
                fields["isCharging"] = charging
        if source.has_soc:
            level = now.soc + (t_s - now.t_s) * now.soc_per_s
            fields["batteryLevel"] = round(level / source.soc_step) * source.soc_step
        if source.has_limit:
            fields["chargeLimit"] = self._car.limit
        if source.rate != "none":
            fields["chargeRate"] = self._rate(then, charging=charging)
        if source.gps != "none":
            fields |= self._place(t_s)
        if source.null_share and dice.random() < source.null_share:
            fields[dice.choice(list(fields))] = None
        return fields

    def _moment(self, t_s: float) -> Moment:
        return self._car.log[max(0, bisect_right(self._times, t_s) - 1)]

    def _rate(self, then: Moment, *, charging: bool) -> float:
        if not charging:
            return 0.0
        kw = then.kw * (1 + self._dice.gauss(0, 0.012))
        if self._source.rate == "dc":
            kw *= self._car.efficiency
        elif self._source.rate == "one-phase":
            kw /= 3
        return round(kw, 1)

    def _place(self, t_s: float) -> dict[str, float]:
        source, dice = self._source, self._dice
        if source.gps == "stale" and dice.random() < 0.3:
            t_s -= dice.uniform(300, 5400)
        index = max(0, bisect_right(self._times, t_s) - 1)
        now = self._car.log[index]
        past_s = t_s - now.t_s
        lat, lon = now.lat + past_s * now.lat_per_s, now.lon + past_s * now.lon_per_s
        if now.driving:
            accuracy = 15.0
        else:
            parking = self._parking(index)
            accuracy = {"coarse": 800.0}.get(source.gps, 12.0)
            if parking is not None:
                lat, lon = lat + parking[0], lon + parking[1]
        spread = accuracy / 111_000 / 1.5
        place = {
            "latitude": round(lat + dice.gauss(0, spread), 5),
            "longitude": round(lon + dice.gauss(0, spread), 5),
        }
        if source.gps == "coarse":
            place["accuracyM"] = accuracy
        return place

    def _parking(self, index: int) -> tuple[float, float] | None:
        """How far off this parking is told, or None."""
        while index > 0 and not self._car.log[index - 1].driving:
            index -= 1
        if index not in self._wrong:
            wrong = self._dice.random() < self._source.wrong_share
            far = (self._dice.uniform(-0.2, 0.2), self._dice.uniform(-0.2, 0.2))
            self._wrong[index] = far if wrong else None
        return self._wrong[index]


def _state(car: Car, then: Moment, plugged: bool, charging: bool) -> str:  # noqa: FBT001
    if not plugged:
        return "UNPLUGGED"
    if charging:
        return "PLUGGED_IN:CHARGING"
    full = then.soc >= car.limit - 0.5
    return "PLUGGED_IN:COMPLETE" if full else "PLUGGED_IN:STOPPED"


def _flag(car: Car, end_s: float, dice: Dice) -> list[tuple[float, float]]:
    """The spans in which the car believes to be plugged in; they do not overlap."""
    source, spans = car.source, list[tuple[float, float]]()
    for visit in car.visits:
        begins, ends = visit.from_s, visit.to_s
        if dice.random() < source.missing:
            continue
        if dice.random() < source.late:
            begins += dice.uniform(180, 1500)
        if dice.random() < source.ghost:
            ends += dice.uniform(0.2, 10) * HOUR
        if begins < ends:
            spans.append((begins, ends))
    dice.turn("ghosts")
    if source.ghosts_per_day:
        t_s = dice.expovariate(source.ghosts_per_day) * DAY
        while t_s < end_s:
            spans.append((t_s, t_s + dice.uniform(240, 5400)))
            t_s += dice.expovariate(source.ghosts_per_day) * DAY
    merged: list[tuple[float, float]] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((begins, ends))
    return merged


def _within(spans: list[tuple[float, float]], t_s: float) -> bool:
    index = bisect_right(spans, (t_s, float("inf"))) - 1
    return index >= 0 and spans[index][0] <= t_s < spans[index][1]
