"""How a household lives: who drives when, plugs in where, and which strangers come."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

from benchmarks.pairing.things import Cable, Car, Charger, House
from benchmarks.pairing.world import DAY, HOUR, World

SOCKET_KW = 2.3
WORKING_DAYS = 5


@dataclass(slots=True)
class Trip:
    leaves_s: float
    returns_s: float
    km: float
    works: bool


def populate(world: World, days: int) -> None:
    """Everybody who lives or comes here, and everything that switches by itself."""
    trips = plan_trips(world.house, days, world.dice)
    for car, plan in zip(world.house.cars, trips, strict=True):
        world.live(_live(world, car, plan))
    world.live(_guests(world, days))
    for charger in world.house.chargers:
        if charger.mode == "surplus":
            world.live(_sun(world, charger))
        elif charger.mode in {"timer", "cheap"}:
            world.live(_hours(world, charger))
    if world.house.common_per_day:
        world.live(_common(world))


def plan_trips(house: House, days: int, dice: Random) -> list[list[Trip]]:
    plans = [_trips(car, house, days, dice) for car in house.cars]
    for day in range(days):
        if len(plans) > 1 and dice.random() < house.together:
            one, two = dice.sample(plans, 2)
            here = [t for t in one if int(t.returns_s // DAY) == day]
            there = [t for t in two if int(t.returns_s // DAY) == day]
            if here and there:
                last = here[-1]
                returns_s = last.returns_s + dice.gauss(0, 90)
                if returns_s > there[-1].leaves_s + 1200:
                    there[-1].returns_s = returns_s
    return [_untangled(plan) for plan in plans]


def _trips(car: Car, house: House, days: int, dice: Random) -> list[Trip]:
    trips: list[Trip] = []
    first_s = (-(house.starts_at / HOUR + house.offset_h) % 24) * HOUR - DAY
    weekday0 = int((house.starts_at + house.offset_h * HOUR) // DAY + 3) % 7
    for day in range(days + 2):
        midnight_s = first_s + day * DAY
        weekend = (weekday0 + day) % 7 >= WORKING_DAYS
        if dice.random() < 0.012:
            leaves_s = midnight_s + dice.uniform(7, 18) * HOUR
            away_s = dice.uniform(0.8, 4) * DAY
            trips.append(Trip(leaves_s, leaves_s + away_s, dice.uniform(80, 400), works=False))
            continue
        if not weekend and dice.random() < car.commute:
            leaves_s = midnight_s + dice.gauss(car.leaves_h, 0.4) * HOUR
            returns_s = midnight_s + dice.gauss(car.returns_h, 0.7) * HOUR
            trips.append(Trip(leaves_s, returns_s, car.away_km, works=True))
        elif dice.random() < (0.75 if weekend else 0.35):
            leaves_s = midnight_s + dice.uniform(9, 16) * HOUR
            away_s = dice.uniform(0.6, 6) * HOUR
            trips.append(Trip(leaves_s, leaves_s + away_s, dice.uniform(4, 60), works=False))
        if dice.random() < car.evening:
            leaves_s = midnight_s + dice.uniform(18.3, 20.5) * HOUR
            away_s = dice.uniform(0.7, 3.5) * HOUR
            trips.append(Trip(leaves_s, leaves_s + away_s, dice.uniform(3, 25), works=False))
    return trips


def _untangled(trips: list[Trip]) -> list[Trip]:
    """In order, each after the one before."""
    kept: list[Trip] = []
    for trip in sorted(trips, key=lambda t: t.leaves_s):
        after = trip.leaves_s > (kept[-1].returns_s + 1500 if kept else 600)
        if after and trip.returns_s > trip.leaves_s + 1200:
            kept.append(trip)
    return kept


def _live(world: World, car: Car, trips: list[Trip]) -> Iterator[float]:
    dice = world.dice
    if dice.random() < 0.6:
        _plug_at_home(world, car)
    for trip in trips:
        yield from _at_home(world, car, trip.leaves_s)
        yield from _away(world, car, trip)
    yield from _at_home(world, car, 1e12)


def _at_home(world: World, car: Car, until_s: float) -> Iterator[float]:
    dice = world.dice
    urge = car.plugs_in + (1 - car.plugs_in) * max(0.0, (45 - car.soc) / 45)
    if car.cable is None and dice.random() < urge:
        plugs_s = world.now_s + _delay_s(dice)
        for _ in range(4):
            if plugs_s > until_s - 600:
                break
            yield plugs_s
            if _plug_at_home(world, car) or (yield from _make_room(world, car)):
                break
            plugs_s = world.now_s + dice.uniform(0.4, 3) * HOUR
    yield from _perhaps_replug(world, car, until_s)
    if car.preconditions and until_s < 1e11 and dice.random() < car.preconditions:
        yield until_s - dice.uniform(900, 1700)
        if car.cable:
            car.cable.heats_until_s = until_s
            world.settle(car.cable)
    yield max(world.now_s, until_s - dice.uniform(15, 280))
    world.unplug(car)
    yield until_s


def _perhaps_replug(world: World, car: Car, until_s: float) -> Iterator[float]:
    dice, cable = world.dice, car.cable
    rest_s = min(until_s, world.now_s + DAY) - world.now_s - 900
    if cable is None or rest_s < 600 or dice.random() > world.house.replugs:
        return
    yield world.now_s + dice.uniform(0, rest_s)
    if car.cable is not cable:
        return
    world.unplug(car)
    yield world.now_s + dice.uniform(6, 80)
    if cable.charger is None:
        world.plug(car, None, SOCKET_KW)
    elif cable.charger.cable is None:
        _plug(world, car, cable.charger)


def _delay_s(dice: Random) -> float:
    chance = dice.random()
    if chance < 0.78:
        return 15 + dice.expovariate(1 / 110)
    return dice.uniform(10, 60) * 60 if chance < 0.92 else dice.uniform(1, 5) * HOUR


def _plug_at_home(world: World, car: Car) -> bool:
    """On a free charger, else perhaps on a socket."""
    dice = world.dice
    free = [c for c in world.house.chargers if c.cable is None]
    if free:
        like = [c for c in free if c.index == car.preferred]
        _plug(world, car, like[0] if like and dice.random() < 0.85 else dice.choice(free))
        return True
    if dice.random() < world.house.granny:
        world.plug(car, None, SOCKET_KW)
        return True
    return False


def _plug(world: World, car: Car, charger: Charger) -> None:
    dice, token = world.dice, None
    if charger.reads_mac and car.tokens and dice.random() < 0.9:
        token = car.tokens[0]
    elif charger.reads_cards:
        cards = [c for c in world.house.cars if len(c.tokens) > 1]
        lent = dice.random() < world.house.lent_cards
        if cards and (lent or not car.ours):
            token = dice.choice(cards).tokens[1] if lent or dice.random() < 0.3 else None
        elif len(car.tokens) > 1:
            token = car.tokens[1]
    world.plug(car, charger, 99.0, token=token)


def _make_room(world: World, car: Car) -> Generator[float, None, bool]:
    """A finished car may leave its cable to one that waits; whether it did."""
    dice = world.dice
    done = [cable for charger in world.house.chargers if (cable := charger.cable) and _done(cable)]
    if not done or dice.random() > world.house.swaps:
        return False
    cable = dice.choice(done)
    world.unplug(cable.car)
    quick = dice.random() < world.house.quick_swaps
    yield world.now_s + (dice.uniform(15, 55) if quick else dice.uniform(60, 420))
    if cable.charger and cable.charger.cable is None and car.cable is None:
        _plug(world, car, cable.charger)
    return True


def _done(cable: Cable) -> bool:
    return cable.kw == 0 and cable.car.ours and cable.car.soc > cable.car.limit - 3


def _away(world: World, car: Car, trip: Trip) -> Iterator[float]:
    dice, away_s = world.dice, trip.returns_s - trip.leaves_s
    drive_s = max(180.0, min(0.4 * away_s, trip.km / 45 * HOUR))
    there = car.work if trip.works else _somewhere(world.house, trip.km, dice)
    world.move(car, there, drive_s, trip.km)
    yield world.now_s + drive_s
    world.arrive(car, there, home=False)
    goes_s = trip.returns_s - drive_s
    share = car.work_plug if trip.works else car.public
    if car.soc < 30:
        share = max(share, 0.6)
    if dice.random() < share and goes_s - world.now_s > 900:
        yield world.now_s + dice.uniform(30, 400)
        fast = not trip.works and car.dc_kw > 0 and dice.random() < 0.35
        ends_s = min(goes_s - 60, world.now_s + (dice.uniform(900, 2400) if fast else 1e9))
        _public(world, car, fast=fast)
        yield max(ends_s, world.now_s)
        world.unplug(car)
    yield max(goes_s, world.now_s)
    home = (world.house.lat, world.house.lon)
    world.move(car, home, drive_s, trip.km)
    yield world.now_s + drive_s
    world.arrive(car, home, home=True)


def _public(world: World, car: Car, *, fast: bool) -> None:
    dice = world.dice
    kw = min(car.dc_kw, dice.choice((50, 100, 150))) if fast else dice.choice((3.7, 11, 11, 22))
    world.plug(car, None, kw, direct=fast)
    if dice.random() < world.house.mirrored:
        world.live(_guest(world, world.now_s + dice.gauss(0, 150)))


def _somewhere(house: House, km: float, dice: Random) -> tuple[float, float]:
    turn = dice.uniform(0, 2 * pi)
    return (
        house.lat + 0.7 * km / 111 * sin(turn),
        house.lon + 0.7 * km / 111 / cos(house.lat / 57.3) * cos(turn),
    )


def _guests(world: World, days: int) -> Iterator[float]:
    dice, per_day = world.dice, world.house.guests_per_month / 30
    for day in range(days):
        if dice.random() < per_day:
            hour = dice.uniform(9, 20) if dice.random() < 0.6 else dice.gauss(17.5, 1.2)
            at_s = (day - (world.local_h(0) / 24)) * DAY + hour * HOUR
            world.live(_guest(world, at_s))
    yield 0.0


def _guest(world: World, at_s: float) -> Iterator[float]:
    dice = world.dice
    yield max(world.now_s, at_s)
    free = [c for c in world.house.chargers if c.cable is None]
    if not free:
        return
    phases = dice.choice((1, 3, 3))
    guest = Car(
        name="guest",
        ours=False,
        capacity_kwh=dice.uniform(30, 90),
        ac_kw=(7.4 if phases == 1 else 11) * dice.choice((0.5, 1, 1)),
        phases=phases,
        soc=dice.uniform(15, 75),
        limit=dice.choice((80, 90, 100)),
        tokens=(f"VID:{dice.getrandbits(48):012X}",) if dice.random() < 0.5 else (),
    )
    _plug(world, guest, dice.choice(free))
    overnight = dice.random() < 0.15
    yield world.now_s + (dice.uniform(8, 15) if overnight else dice.uniform(0.3, 5)) * HOUR
    world.unplug(guest)


def _sun(world: World, charger: Charger) -> Iterator[float]:
    """Follows what is left of the sun, in whole amperes."""
    dice, cloud, load_kw = world.dice, 0.7, 0.5
    peak_kw = dice.uniform(4, 12)
    world.offer(charger, 0)
    while True:
        hour = world.local_h()
        cloud = min(1.0, max(0.1, cloud + dice.gauss(0, 0.12)))
        load_kw = min(3.0, max(0.2, load_kw + dice.gauss(0, 0.25)))
        sun_kw = peak_kw * cloud * max(0.0, sin(pi * (hour - 6.5) / 13)) if hour < 19.5 else 0.0
        phases = min(charger.phases, 1 if peak_kw < 7 else 3)
        amps = float(int(min(charger.rated_a, (sun_kw - load_kw) / 0.23 / phases)))
        night = hour >= 22 or hour < 5.5
        world.offer(charger, charger.rated_a if night else amps if amps >= 6 else 0.0)
        quiet = charger.cable is None or night
        yield world.now_s + (dice.uniform(240, 420) if quiet else dice.uniform(50, 200))


def _hours(world: World, charger: Charger) -> Iterator[float]:
    """Charges between two hours only; `cheap` ones are the same for all chargers."""
    while True:
        begins, ends = charger.window
        day_s = world.now_s - world.local_h() * HOUR
        opens_s, closes_s = day_s + begins * HOUR, day_s + ends * HOUR
        if closes_s <= opens_s:
            inside = world.now_s < closes_s or world.now_s >= opens_s
        else:
            inside = opens_s <= world.now_s < closes_s
        world.offer(charger, charger.rated_a if inside else 0.0)
        due = [t + n * DAY for t in (opens_s, closes_s) for n in (0, 1)]
        yield min(t for t in due if t > world.now_s + 1)


def _common(world: World) -> Iterator[float]:
    """The house or the grid lets all chargers have less for a while."""
    dice, house = world.dice, world.house
    full_a = house.balanced_a
    while True:
        yield world.now_s + dice.expovariate(house.common_per_day) * DAY
        world.shared_a = dice.choice((0.0, 8.0, 12.0, 16.0))
        world.resettle()
        yield world.now_s + dice.uniform(300, 5400)
        world.shared_a = full_a
        world.resettle()
