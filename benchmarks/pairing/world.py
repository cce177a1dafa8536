"""Electricity and time of one household: cables, power, levels; nothing of what is told."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from random import Random

from benchmarks.pairing.things import (
    LINE_KV,
    UNCAPPED_A,
    Cable,
    Car,
    Charger,
    Flow,
    House,
    Moment,
    Throttle,
    Visit,
)

HOUR, DAY = 3600.0, 86400.0
LEAST_A = 6.0
"""IEC 61851 knows no less."""


class World:
    """What happens is put on a heap and done in order; power is constant in between."""

    def __init__(self, house: House, dice: Random) -> None:
        self.house, self.dice, self.now_s = house, dice, 0.0
        self.visits: list[Visit] = []
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.shared_a = house.balanced_a
        for car in house.cars:
            self._note(car)
        for charger in house.chargers:
            self._flows(charger)

    def at(self, t_s: float, act: Callable[[], None]) -> None:
        heappush(self._heap, (max(t_s, self.now_s), next(self._order), act))

    def live(self, life: Iterator[float]) -> None:
        """Let somebody live: `life` yields the instant at which it wants to go on."""

        def go_on() -> None:
            t_s = next(life, None)
            if t_s is not None:
                self.at(t_s, go_on)

        self.at(self.now_s, go_on)

    def run(self, until_s: float) -> None:
        while self._heap and self._heap[0][0] < until_s:
            self.now_s, _, act = heappop(self._heap)
            act()
        self.now_s = until_s

    def local_h(self, t_s: float | None = None) -> float:
        """Hour of the day, 0 to 24."""
        t_s = self.now_s if t_s is None else t_s
        return ((t_s + self.house.starts_at) / HOUR + self.house.offset_h) % 24

    def plug(
        self,
        car: Car,
        charger: Charger | None,
        max_kw: float,
        *,
        direct: bool = False,
        token: str | None = None,
    ) -> None:
        visit = Visit(
            number=len(self.visits), car=car, charger=charger, from_s=self.now_s, token=token
        )
        self.visits.append(visit)
        car.visits.append(visit)
        ready_s = self.now_s + self.dice.uniform(5, 45)
        car.cable = cable = Cable(
            car=car, charger=charger, visit=visit, max_kw=max_kw, ready_s=ready_s, direct=direct,
            since_s=self.now_s,
        )  # fmt: skip
        if charger:
            charger.cable = cable
            self._flows(charger)
        self._note(car)
        self.at(ready_s, lambda: self.settle(cable))

    def unplug(self, car: Car) -> None:
        cable = car.cable
        if cable is None:
            return
        self._accrue(cable)
        cable.visit.to_s, cable.turn = self.now_s, cable.turn + 1
        car.cable = None
        if cable.charger:
            cable.charger.cable = None
            self._flows(cable.charger)
        self._note(car)
        if cable.kw:
            self.resettle()

    def move(self, car: Car, to: tuple[float, float], takes_s: float, km: float) -> None:
        """Begin to drive; `arrive` ends it."""
        drop = min(car.soc - 4, 100 * km * car.kwh_per_km / car.capacity_kwh)
        drop = max(0.0, drop)
        car.log.append(
            Moment(
                self.now_s, False, 0.0, car.soc, -drop / takes_s, car.lat, car.lon,
                (to[0] - car.lat) / takes_s, (to[1] - car.lon) / takes_s, True,
            )
        )  # fmt: skip
        car.soc, car.at_home = car.soc - drop, False

    def arrive(self, car: Car, at: tuple[float, float], *, home: bool) -> None:
        car.lat, car.lon = at
        car.at_home = home
        self._note(car)

    def resettle(self) -> None:
        """What all may take changed, or how many take."""
        for charger in self.house.chargers:
            if charger.cable:
                self.settle(charger.cable)

    def offer(self, charger: Charger, amps: float) -> None:
        if amps == charger.offered_a:
            return
        before, charger.offered_a = charger.offered_a, amps
        if charger.commanded:
            says = ("LIMIT", amps) if amps and before else ("START" if amps else "STOP", None)
            charger.commands.append((self.now_s, *says))
        if charger.cable:
            self.settle(charger.cable)

    def step(self, step: Throttle) -> None:
        """Put a step on the heap. What happens before it does not depend on it."""
        charger = next(c for c in self.house.chargers if c.name == step.charger)

        def cap(amps: float, word: str, value: float | None) -> None:
            charger.capped_a = amps
            charger.commands.append((self.now_s, word, value))
            charger.told.append((self.now_s, charger.allowed_a))
            if charger.cable:
                self.settle(charger.cable)

        pauses = step.amps == 0
        begins = ("STOP", None) if pauses else ("LIMIT", step.amps)
        ends = ("START", None) if pauses else ("LIMIT", charger.rated_a)
        self.at(step.from_s, lambda: cap(step.amps, *begins))
        self.at(step.to_s, lambda: cap(UNCAPPED_A, *ends))

    def settle(self, cable: Cable) -> None:
        """How much flows from now on."""
        if cable.car.cable is not cable:
            return
        self._accrue(cable)
        before = cable.kw
        cable.kw = self._kw(cable)
        cable.turn += 1
        if cable.kw != before:
            self._note(cable.car)
        charger = cable.charger
        if charger and (cable.kw != before or charger.log[-1].waits != self._waits(cable)):
            self._flows(charger)
        if cable.kw > 0:
            self._come_back(cable)
        if charger and self.shared_a is not None and (before > 0) != (cable.kw > 0):
            for other in self.house.chargers:
                if other.cable and other is not charger and other.cable.kw > 0:
                    self.settle(other.cable)

    def _come_back(self, cable: Cable) -> None:
        """Look again when the level has moved on."""
        car, turn = cable.car, cable.turn
        per_s = self._soc_per_s(cable)
        if per_s <= 0:
            next_s = cable.heats_until_s
        else:
            step = 1.0 if car.soc >= car.taper_from - 0.5 else max(1.0, car.taper_from - car.soc)
            next_s = self.now_s + max(5.0, min(step, car.limit - car.soc + 0.001) / per_s)

        def look() -> None:
            if cable.turn == turn:
                self.settle(cable)

        self.at(next_s, look)

    def _kw(self, cable: Cable) -> float:
        car, charger = cable.car, cable.charger
        if self.now_s < cable.ready_s:
            return 0.0
        heats = self.now_s < cable.heats_until_s
        wants = car.soc < car.limit - 0.01 and self._timer_allows(car, charger)
        if not wants and not heats:
            return 0.0
        kw = cable.max_kw
        if not cable.direct:
            amps = car.ac_kw / car.phases / LINE_KV
            phases = car.phases
            if charger:
                phases = min(phases, charger.phases)
                amps = min(amps, charger.rated_a, charger.allowed_a, self._share_a(charger))
                if amps < LEAST_A:
                    return 0.0
            kw = min(kw, amps * phases * LINE_KV)
        if not wants:
            return min(kw, 2.4)
        if car.soc > car.taper_from:
            kw *= max(0.12, 1 - (car.soc - car.taper_from) / (101 - car.taper_from))
        return kw

    def _share_a(self, mine: Charger) -> float:
        if self.shared_a is None:
            return 99.0
        chargers = self.house.chargers
        others = sum(1 for c in chargers if c is not mine and c.cable and c.cable.kw > 0)
        return float(int(self.shared_a / (1 + others)))

    def _timer_allows(self, car: Car, charger: Charger | None) -> bool:
        if car.timer is None or charger is None or car.soc < 25:
            return True
        return within(self.local_h(), car.timer)

    def _soc_per_s(self, cable: Cable) -> float:
        car = cable.car
        if cable.kw <= 0 or car.soc >= car.limit - 0.01:
            return 0.0
        efficiency = 0.96 if cable.direct else car.efficiency
        return cable.kw * efficiency / car.capacity_kwh / HOUR * 100

    def _accrue(self, cable: Cable) -> None:
        took_s = self.now_s - cable.since_s
        if took_s > 0 and cable.kw > 0:
            car = cable.car
            car.soc = min(100.0, car.soc + took_s * self._soc_per_s(cable))
            if cable.charger:
                cable.charger.kwh += cable.kw * took_s / HOUR
        cable.since_s = self.now_s

    def _note(self, car: Car) -> None:
        cable = car.cable
        kw = cable.kw if cable else 0.0
        per_s = self._soc_per_s(cable) if cable else 0.0
        car.log.append(
            Moment(self.now_s, cable is not None, kw, car.soc, per_s, car.lat, car.lon, 0, 0, False)
        )

    def _waits(self, cable: Cable) -> str:
        if cable.kw > 0:
            return ""
        return "charger" if cable.charger and cable.charger.allowed_a < LEAST_A else "car"

    def _flows(self, charger: Charger) -> None:
        cable = charger.cable
        charger.log.append(
            Flow(
                self.now_s,
                cable is not None,
                cable.kw if cable else 0.0,
                charger.kwh,
                charger.allowed_a,
                self._waits(cable) if cable else "",  # type: ignore[arg-type]
                cable.visit.number if cable else -1,
            )
        )


def within(hour: float, window: tuple[float, float]) -> bool:
    begins, ends = window
    return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends
