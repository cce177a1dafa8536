"""The point table: a literal reading of a hand-made scoring of coincidences, as a baseline.

| evidence | for | against |
|---|---|---|
| plug-in | charger's time in the car's interval (60 s grace): 0.45 min(1, 5 min / interval) | 3 min outside: veto |
| start, stop | each in the car's interval: 0.25, twice at most | 10 min of contradiction by fresh data: veto |
| charge rate | 3 samples, within max(0.5 kW, 15 %) of 0.9 of the charger's: 0.25; common steps 0.15 | ratio outside 0.6 to 1.2 twice: -0.5 |
| level | within 25 % of the charger's energy over 3 kWh: 0.25 | off by a factor of 2: -0.4 |
| location | at home: 0.15 | fresh and elsewhere: veto |
| token | bound to the car: 0.9 | to another: veto |

Named from 0.7 on, 0.25 ahead of the next, with a temporal item or a token; one car with one charger
from 0.5 on. Dropped at the charger's unplug, the car's fresh "unplugged", or 10 min below 0.35.
"""  # noqa: E501

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import cos, hypot, radians
from typing import Any

from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.rule import Status
from benchmarks.pairing.scoring import Named

VETO = -9.0
FRESH_S, GPS_FRESH_S, CONTRADICTS_S = 600.0, 1800.0, 600.0
HOME_M, EXIT_M = 150.0, 300.0


@dataclass(slots=True)
class _Car:
    capacity_kwh: float
    status: Status = field(default_factory=Status)
    at_s: float = -1e9
    rose: tuple[float, float] | None = None
    turns: list[tuple[float, float, bool]] = field(default_factory=list)
    soc: float | None = None
    kw: float | None = None
    away_m: float | None = None
    away_at_s: float = -1e9


@dataclass(slots=True)
class _Tie:
    """What was gathered of one car during one session."""

    rates: int = 0
    fits: int = 0
    misfits: int = 0
    steps: int = 0
    rate: tuple[float, float] | None = None
    level: tuple[float, float] | None = None
    grown: tuple[float, float] | None = None
    vetoed: bool = False
    low_since_s: float | None = None

    def points(self) -> float:
        """For rates and levels."""
        points = 0.0
        if self.rates >= 3 and self.fits * 2 > self.rates:
            points += 0.25 + 0.15 * (self.steps > 0)
        if self.misfits >= 2:
            points -= 0.5
        if self.grown and self.grown[1] >= 3:
            ratio = self.grown[0] / self.grown[1]
            points += 0.25 if abs(ratio - 1) <= 0.25 else 0 if 0.5 <= ratio <= 2 else -0.4
        return points


@dataclass(slots=True)
class _Box:
    status: Status = field(default_factory=Status)
    since_s: float | None = None
    turns: list[tuple[float, bool]] = field(default_factory=list)
    charging_since_s: float | None = None
    resting_since_s: float | None = None
    kw: float | None = None
    kwh: float | None = None
    token: str | None = None
    car: str | None = None
    ties: dict[str, _Tie] = field(default_factory=dict)


def point_table(header: dict[str, Any], lines: Iterable[Line]) -> Iterator[Named]:
    table = _Table(header)
    for line in lines:
        if line.at_s is None:
            continue
        if line.device in table.cars:
            table.hear_car(line)
            for name, box in table.boxes.items():
                if box.since_s is not None:
                    table.compare(box, line.device, line.at_s)
                    yield from table.decide(name, line.seen_s)
        else:
            yield from table.hear_box(line)


class _Table:
    def __init__(self, header: dict[str, Any]) -> None:
        devices, site = header["devices"], header["site"]
        self.cars = {
            d["id"]: _Car(d.get("batteryCapacity") or 60.0)
            for d in devices
            if d["kind"] == "vehicle"
        }
        self.boxes = {d["id"]: _Box() for d in devices if d["kind"] == "charger"}
        self.tokens: dict[str, str] = header.get("idTokens", {})
        self._site = site["latitude"], site["longitude"]
        self._bar = 0.5 if len(self.cars) == len(self.boxes) == 1 else 0.7

    def hear_car(self, line: Line) -> None:
        car, said, at_s = self.cars[line.device], line.fields, line.at_s or 0.0
        plugged, charging = car.status.plugged, car.status.charging
        car.status.hear(said)
        if plugged is False and car.status.plugged:
            car.rose = (car.at_s, at_s)
        if not car.status.plugged:
            car.rose = None
        if charging is not None and car.status.charging not in {None, charging}:
            car.turns = [*car.turns[-8:], (car.at_s, at_s, bool(car.status.charging))]
        car.at_s = at_s
        car.soc = said.get("batteryLevel", car.soc)
        car.kw = said.get("chargeRate")
        if said.get("latitude") is not None and said.get("longitude") is not None:
            north = (said["latitude"] - self._site[0]) * 111_000
            east = (said["longitude"] - self._site[1]) * 111_000
            car.away_m = hypot(north, east * cos(radians(self._site[0])))
            car.away_at_s = at_s

    def hear_box(self, line: Line) -> Iterator[Named]:
        box, said, at_s = self.boxes[line.device], line.fields, line.at_s or 0.0
        was = box.status.charging
        box.status.hear(said)
        box.kw, box.kwh = said.get("chargeRate", box.kw), said.get("energyRegister", box.kwh)
        if box.status.letter in {None, "A"}:
            if box.car is not None:
                yield Named(line.seen_s, line.device, None, 0.0)
            box.since_s = box.car = box.token = None
            box.charging_since_s = box.resting_since_s = None
            return
        if box.since_s is None:
            box.since_s, box.turns = at_s, []
            box.ties = {name: _Tie() for name in self.cars}
        box.token = said.get("idToken", box.token)
        if box.status.charging is not None and box.status.charging != was:
            on = box.status.charging
            box.turns = [*box.turns[-8:], (at_s, on)]
            box.charging_since_s, box.resting_since_s = (at_s, None) if on else (None, at_s)
        yield from self.decide(line.device, line.seen_s)

    def compare(self, box: _Box, name: str, at_s: float) -> None:
        """What a new message of a car adds."""
        car, tie = self.cars[name], box.ties[name]
        if box.since_s is None or at_s <= box.since_s:
            return
        if car.kw and box.kw and box.kw > 0.5:
            tie.rates += 1
            tie.fits += abs(car.kw - 0.9 * box.kw) <= max(0.5, 0.15 * box.kw)
            tie.misfits += not 0.6 <= car.kw / box.kw <= 1.2
            if tie.rate and min(abs(car.kw - tie.rate[0]), abs(box.kw - tie.rate[1])) > 0.7:
                same = (car.kw > tie.rate[0]) == (box.kw > tie.rate[1])
                tie.steps += same
            tie.rate = (car.kw, box.kw)
        if car.soc is not None and box.kwh is not None:
            if tie.level is None:
                tie.level = (car.soc, box.kwh)
            tie.grown = (
                (car.soc - tie.level[0]) / 100 * car.capacity_kwh,
                box.kwh - tie.level[1],
            )
        self._contradict(box, car, tie, at_s)

    def _contradict(self, box: _Box, car: _Car, tie: _Tie, at_s: float) -> None:
        begun_s = box.charging_since_s if car.status.charging is False else None
        if car.status.charging and car.status.plugged is not False:
            begun_s = box.resting_since_s
        tie.vetoed = begun_s is not None and at_s - begun_s >= CONTRADICTS_S

    def decide(self, name: str, now_s: float) -> Iterator[Named]:
        box = self.boxes[name]
        if box.since_s is None:
            return
        held = box.car
        if held is not None:
            if self._lost(box, held, now_s):
                box.car = None
                yield Named(now_s, name, None, 0.0)
            return
        taken = {b.car for b in self.boxes.values() if b.car}
        scores = {n: self.score(box, n, now_s) for n in self.cars if n not in taken}
        ranked = sorted(((s, n) for n, (s, _) in scores.items()), reverse=True)
        if not ranked:
            return
        best, car = ranked[0]
        next_best = ranked[1][0] if len(ranked) > 1 else 0.0
        rivals = [
            self.score(b, car, now_s)[0]
            for other, b in self.boxes.items()
            if other != name and b.since_s is not None and b.car is None
        ]
        if self.cars[car].status.letter not in {"B", "C"} or not scores[car][1]:
            return
        if best >= self._bar and best - max(0.0, next_best, *rivals) >= 0.25:
            box.car, box.ties[car].low_since_s = car, None
            yield Named(now_s, name, car, min(best, 1.0))

    def _lost(self, box: _Box, name: str, now_s: float) -> bool:
        car, tie = self.cars[name], box.ties[name]
        since_s = box.since_s or 0.0
        if car.status.plugged is False and now_s - car.at_s < FRESH_S and car.at_s > since_s + 60:
            return True
        if self.score(box, name, now_s)[0] >= 0.35:
            tie.low_since_s = None
            return False
        if tie.low_since_s is None:
            tie.low_since_s = now_s
        return now_s - tie.low_since_s >= 600

    def score(self, box: _Box, name: str, now_s: float) -> tuple[float, bool]:
        """Points, and whether there is a temporal item or a token among them."""
        car, tie, since_s = self.cars[name], box.ties[name], box.since_s or 0.0
        points, temporal = 0.0, False
        if car.rose:
            low, high = car.rose
            if low - 60 <= since_s <= high + 60:
                points += 0.45 * min(1.0, 300 / max(1.0, high - low))
                temporal = True
            elif since_s < low - 180 or since_s > high + 180:
                return VETO, False
        same = sum(
            any(on == was and low - 60 <= t <= high + 60 for low, high, was in car.turns)
            for t, on in box.turns
        )
        away = car.away_m is not None and car.away_m > EXIT_M
        if tie.vetoed or (away and now_s - car.away_at_s < GPS_FRESH_S):
            return VETO, False
        points, temporal = points + 0.25 * min(2, same), temporal or same > 0
        points += tie.points()
        if car.away_m is not None and car.away_m <= HOME_M:
            points += 0.15
        owner = self.tokens.get(box.token or "")
        if owner is not None and owner != name:
            return VETO, False
        return (points + 0.9, True) if owner else (points, temporal)
