"""What truly happens in a household: who hangs where, and how fast it charges."""

from bisect import bisect_right
from dataclasses import dataclass, field
from random import Random

from benchmarks.households.profiles import CarTraits, House

DAY_S, HOUR_S, MINUTE_S = 86_400.0, 3600.0, 60.0
ELSEWHERE = "elsewhere"
GUEST = "guest"
FOR_EVER_S = 1e12
INTO_BATTERY = 0.9


@dataclass(slots=True, kw_only=True)
class Stay:
    """A cable in a socket.

    Args:
        charger: ours, or ELSEWHERE.
        power: (from, kW), ascending; the last one holds to the end.
    """

    car: str
    charger: str
    plug_s: float
    unplug_s: float
    power: list[tuple[float, float]] = field(default_factory=list)

    def kw(self, at_s: float) -> float:
        index = bisect_right(self.power, (at_s, float("inf")))
        return self.power[index - 1][1] if index else 0.0


@dataclass(slots=True, kw_only=True)
class Life:
    """
    Args:
        level: per car (instant, percent), ascending; straight in between.
        away: per car (leaves, returns).
    """

    stays: list[Stay] = field(default_factory=list)
    level: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    away: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def live(house: House, days: int, dice: Random) -> Life:
    life = Life()
    for car in house.cars:
        life.level[car.id], life.away[car.id] = [(0.0, dice.uniform(30, 80))], []
    for day in range(days):
        for car in dice.sample(house.cars, len(house.cars)):
            _day(house, car, life, day, dice)
        _guests(house, life, day, dice)
    for stay in life.stays:
        if not stay.power:
            stay.unplug_s = min(stay.unplug_s, (days + 1) * DAY_S)
            car = next(c for c in house.cars if c.id == stay.car)
            _charge(house, car, life, stay, dice)
    life.stays.sort(key=lambda s: s.plug_s)
    return life


def _day(house: House, car: CarTraits, life: Life, day: int, dice: Random) -> None:
    if dice.random() < 0.12:
        return
    leaves_s = day * DAY_S + dice.gauss(8.0, 1.5) * HOUR_S
    returns_s = leaves_s + max(0.5, dice.gauss(8.5, 2.5)) * HOUR_S
    trips = life.away[car.id]
    if trips and trips[-1][1] > leaves_s - HOUR_S:
        return
    home = [s for s in life.stays if s.car == car.id and s.unplug_s == FOR_EVER_S]
    for stay in home:
        stay.unplug_s = max(stay.plug_s + 60, leaves_s - dice.uniform(60, 400))
        _charge(house, car, life, stay, dice)
    trips.append((leaves_s, returns_s))
    used = dice.uniform(5, 35)
    before = _level(life, car.id, leaves_s)
    life.level[car.id].append((leaves_s, before))
    life.level[car.id].append((returns_s, max(4.0, before - used)))
    if dice.random() < car.public and returns_s - leaves_s > 2 * HOUR_S:
        start_s = dice.uniform(leaves_s + 1200, returns_s - 1.5 * HOUR_S)
        _public(car, life, start_s, dice)
    if dice.random() < car.plugs:
        _home(house, car, life, returns_s, dice)


def _home(house: House, car: CarTraits, life: Life, returns_s: float, dice: Random) -> None:
    plug_s = returns_s + dice.uniform(30, 300)
    free = [c for c in house.chargers if not _busy(life, c.id, plug_s - 30, FOR_EVER_S)]
    if not free and dice.random() < house.swaps:
        _swap(house, life, plug_s, dice)
        free = [c for c in house.chargers if not _busy(life, c.id, plug_s - 15, FOR_EVER_S)]
    if not free:
        return
    charger = free[0] if dice.random() < 0.8 else dice.choice(free)
    stay = Stay(car=car.id, charger=charger.id, plug_s=plug_s, unplug_s=FOR_EVER_S)
    if dice.random() < house.replugs:
        first = Stay(car=car.id, charger=charger.id, plug_s=plug_s, unplug_s=plug_s + 420)
        first.power = [(plug_s, 0.0)]
        stay.plug_s = plug_s + 420 + dice.uniform(8, 60)
        life.stays.append(first)
    life.stays.append(stay)


def _swap(house: House, life: Life, plug_s: float, dice: Random) -> None:
    """The other car is full or gives way; its cable goes to this one within a minute."""
    for stay in life.stays:
        if stay.plug_s < plug_s - 1800 and stay.unplug_s == FOR_EVER_S:
            stay.unplug_s = plug_s - dice.uniform(20, 60)
            car = next(c for c in house.cars if c.id == stay.car)
            _charge(house, car, life, stay, dice)
            return


def _public(car: CarTraits, life: Life, start_s: float, dice: Random) -> None:
    end_s = start_s + dice.uniform(900, 5400)
    kw = dice.choice((car.max_kw, car.max_kw, 7.0, 50.0))
    stay = Stay(car=car.id, charger=ELSEWHERE, plug_s=start_s, unplug_s=end_s)
    stay.power = [(start_s + dice.uniform(5, 40), kw), (end_s - 30, 0.0)]
    life.stays.append(stay)
    level = life.level[car.id]
    here = _level(life, car.id, start_s)
    gain = min(95 - here, 100 * kw * INTO_BATTERY * (end_s - start_s) / HOUR_S / car.capacity_kwh)
    last = level.pop()
    gain = max(0.0, gain)
    level += [(start_s, here), (end_s, here + gain), (last[0], min(95.0, last[1] + gain))]


def _guests(house: House, life: Life, day: int, dice: Random) -> None:
    if dice.random() > house.guests_per_week / 7:
        return
    plug_s = day * DAY_S + dice.uniform(10, 20) * HOUR_S
    charger = dice.choice(house.chargers)
    unplug_s = plug_s + dice.uniform(0.6, 5) * HOUR_S
    if _busy(life, charger.id, plug_s - 60, unplug_s + 60):
        return
    stay = Stay(car=GUEST, charger=charger.id, plug_s=plug_s, unplug_s=unplug_s)
    kw = min(charger.max_kw, dice.choice((3.7, 7.4, 11.0, 11.0)))
    ends_s = min(stay.unplug_s - 60, plug_s + dice.uniform(0.5, 4) * HOUR_S)
    stay.power = [(plug_s + dice.uniform(5, 30), kw), (ends_s, 0.0)]
    life.stays.append(stay)
    for car in house.cars:
        trip = life.away[car.id][-1] if life.away[car.id] else (0.0, 0.0)
        out = trip[0] < plug_s - 1200 and plug_s + 7200 < trip[1]
        if out and dice.random() < house.correlated and not _anywhere(life, car.id, *trip):
            _public(car, life, plug_s + dice.uniform(-240, 240), dice)
            return


def _charge(house: House, car: CarTraits, life: Life, stay: Stay, dice: Random) -> None:
    """Fill in how the car charged, now that it is known when it left."""
    here = _level(life, car.id, stay.plug_s)
    limit = dice.choice((80.0, 80.0, 90.0, 100.0))
    need_kwh = max(0.0, (limit - here) * car.capacity_kwh / 100 / INTO_BATTERY)
    box = next(c for c in house.chargers if c.id == stay.charger)
    most_kw = min(box.max_kw, car.max_kw)
    at_s, points = stay.plug_s + dice.uniform(4, 25), list[tuple[float, float]]()
    level = [(stay.plug_s, here)]
    night_s = _next_night(stay.plug_s) if house.mode == "night" else at_s
    at_s = max(at_s, night_s)
    while need_kwh > 0.05 and at_s < stay.unplug_s - 30:
        kw, hold_s = most_kw, dice.uniform(1200, 7200)
        if house.mode == "surplus":
            kw = dice.choice((0.0, 1.6, 2.8, 4.3, most_kw))
            hold_s = dice.uniform(240, 2400)
        elif house.shares_fuse:
            kw = most_kw * dice.choice((1.0, 1.0, 0.7, 0.5))
        hold_s = min(hold_s, stay.unplug_s - 30 - at_s)
        if kw > 0:
            hold_s = min(hold_s, need_kwh / kw * HOUR_S)
        points.append((at_s, kw))
        at_s += hold_s
        need_kwh -= kw * hold_s / HOUR_S
        here += 100 * kw * INTO_BATTERY * hold_s / HOUR_S / car.capacity_kwh
        level.append((at_s, here))
    stay.power = [*points, (at_s, 0.0)]
    rows = [row for row in life.level[car.id] if row[0] < stay.plug_s]
    life.level[car.id] = rows + level


def _next_night(at_s: float) -> float:
    night_s = at_s // DAY_S * DAY_S + 22.5 * HOUR_S
    if at_s % DAY_S > 22.5 * HOUR_S or at_s % DAY_S < 5 * HOUR_S:
        return at_s
    return night_s


def _level(life: Life, car: str, at_s: float) -> float:
    return level_at(life.level[car], at_s)


def level_at(rows: list[tuple[float, float]], at_s: float) -> float:
    index = bisect_right(rows, (at_s, float("inf")))
    if index == 0:
        return rows[0][1]
    if index == len(rows):
        return rows[-1][1]
    (a_s, a), (b_s, b) = rows[index - 1], rows[index]
    return a + (b - a) * (at_s - a_s) / max(b_s - a_s, 1e-9)


def _busy(life: Life, charger: str, from_s: float, to_s: float) -> bool:
    return any(s.charger == charger and s.unplug_s > from_s and s.plug_s < to_s for s in life.stays)


def _anywhere(life: Life, car: str, from_s: float, to_s: float) -> bool:
    return any(s.car == car and s.unplug_s > from_s and s.plug_s < to_s for s in life.stays)
