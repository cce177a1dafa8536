"""What devices tell of it: late, rounded, in part, and sometimes wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from benchmarks.households.life import DAY_S, Life, Stay, level_at
from benchmarks.households.profiles import CarTraits, ChargerTraits, House

START = datetime(2026, 3, 2, tzinfo=UTC)
HOME = (50.85, 4.35)
WORK_DEGREES = 0.09  # about 10 km

Event = tuple[float, float, str, dict[str, Any]]
"""(seen, at, device, fields), instants in seconds after START."""


def told(house: House, life: Life, days: int, dice: Random) -> list[Event]:
    """All messages in the order in which they arrive."""
    events: list[Event] = []
    for box in house.chargers:
        stays = [s for s in life.stays if s.charger == box.id]
        events += _charger(box, stays, house, days, dice)
    for car in house.cars:
        stays = [s for s in life.stays if s.car == car.id]
        events += _car(car, stays, life, days, dice)
    events.sort(key=lambda e: e[0])
    return events


def header(house: House) -> dict[str, Any]:
    devices: list[dict[str, Any]] = [
        {
            "id": car.id, "kind": "vehicle", "batteryCapacity": car.known_kwh,
            "maxChargeRate": car.max_kw, "minChargeRate": 1.4, "phases": 3,
            "reportsLocation": car.gps != "none",
        }
        for car in house.cars
    ]  # fmt: skip
    devices += [{"id": b.id, "kind": "charger", "maxChargeRate": b.max_kw} for b in house.chargers]
    return {
        "hearth": "stream/1",
        "timezone": "Europe/Brussels",
        "site": {"latitude": HOME[0], "longitude": HOME[1]},
        "devices": devices,
        "idTokens": {car.token: car.id for car in house.cars if car.token},
    }


def line(event: Event) -> dict[str, Any]:
    seen_s, at_s, device, fields = event
    return {"seen": stamp(seen_s), "device": device, "at": stamp(at_s), **fields}


def stamp(instant_s: float) -> str:
    at = START + timedelta(seconds=round(instant_s, 3))
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _charger(
    box: ChargerTraits, stays: list[Stay], house: House, days: int, dice: Random
) -> Iterator[Event]:
    tokens = {car.id: car.token for car in house.cars}

    def event(at_s: float, fields: dict[str, Any]) -> Event:
        late_s = dice.uniform(0.05, 1.5)
        if dice.random() < box.late:
            late_s = dice.uniform(60, 1200)
        return (at_s + late_s, at_s - box.skew_s, box.id, fields)

    counter = dice.uniform(100, 5000)
    yield event(1.0, {"isPluggedIn": False, "powerDeliveryState": "UNPLUGGED"})
    for stay in stays:
        plugged: dict[str, Any] = {"isPluggedIn": True, "isCharging": False, "chargeRate": None}
        if tokens.get(stay.car):
            plugged["idToken"] = tokens[stay.car]
        yield event(stay.plug_s, {**plugged, "powerDeliveryState": "PLUGGED_IN:STOPPED"})
        for (from_s, kw), (to_s, _) in zip(
            stay.power, [*stay.power[1:], (stay.unplug_s, 0.0)], strict=True
        ):
            if from_s >= stay.unplug_s:
                break
            yield event(from_s, _charging(kw, counter if box.has_counter else None))
            at_s = from_s + box.meter_s
            while kw > 0 and at_s < min(to_s, stay.unplug_s):
                now = counter + kw * (at_s - from_s) / 3600
                noisy = round(kw * dice.uniform(0.98, 1.01), 2)
                yield event(at_s, _charging(noisy, now if box.has_counter else None))
                at_s += box.meter_s
            counter += kw * (min(to_s, stay.unplug_s) - from_s) / 3600
        yield from _reboots(box, stay, dice)
        yield event(
            stay.unplug_s,
            {"isPluggedIn": False, "isCharging": False, "powerDeliveryState": "UNPLUGGED"},
        )
    del days


def _charging(kw: float, counter: float | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "isPluggedIn": True,
        "isCharging": kw > 0,
        "powerDeliveryState": "PLUGGED_IN:CHARGING" if kw > 0 else "PLUGGED_IN:STOPPED",
        "chargeRate": kw if kw > 0 else None,
    }
    if counter is not None:
        fields["energyRegister"] = round(counter, 3)
    return fields


def _reboots(box: ChargerTraits, stay: Stay, dice: Random) -> Iterator[Event]:
    hours = (stay.unplug_s - stay.plug_s) / DAY_S
    if dice.random() > box.reboots_per_day * hours or stay.unplug_s - stay.plug_s < 1800:
        return
    at_s = dice.uniform(stay.plug_s + 600, stay.unplug_s - 600)
    back_s = at_s + dice.uniform(40, 160)
    yield (at_s, at_s - box.skew_s, box.id, {"isReachable": False})
    yield (back_s, back_s - box.skew_s, box.id, {"isReachable": True})
    if dice.random() < box.blink:
        blink = {"isPluggedIn": False, "isCharging": False, "powerDeliveryState": "UNPLUGGED"}
        yield (back_s + 1, back_s + 1 - box.skew_s, box.id, blink)
    again = back_s + 6
    yield (again, again - box.skew_s, box.id, _charging(stay.kw(again), None))


def _car(car: CarTraits, stays: list[Stay], life: Life, days: int, dice: Random) -> Iterator[Event]:
    last: dict[str, Any] = {}
    ghost_until_s = -1.0
    for at_s in _instants(car, stays, life, days, dice):
        true_at_s = at_s - dice.uniform(120, 900) if dice.random() < car.restamped else at_s
        fields = _state(car, stays, life, true_at_s, dice)
        if at_s < ghost_until_s:
            fields["isPluggedIn"] = True
        elif last.get("isPluggedIn") and not fields["isPluggedIn"] and dice.random() < car.ghost:
            ghost_until_s = at_s + dice.uniform(600, 36_000)
        news = {k: v for k, v in fields.items() if last.get(k, "none") != v}
        last = fields
        if car.changes_only and not news:
            continue
        yield (at_s + dice.uniform(0.5, 8), at_s, car.id, news if car.changes_only else fields)


def _instants(
    car: CarTraits, stays: list[Stay], life: Life, days: int, dice: Random
) -> Iterator[float]:
    """When the car, or its cloud, is asked or tells by itself."""
    busy = sorted(
        [(s.plug_s, s.unplug_s, s) for s in stays] , key=lambda row: row[0]
    )  # fmt: skip
    trips = life.away[car.id]
    edges = sorted([t for trip in trips for t in trip] + [s.plug_s for s in stays]
                   + [s.unplug_s for s in stays]
                   + [p[0] for s in stays for p in s.power])  # fmt: skip
    at_s, edge, idle_since_s = dice.uniform(0, car.poll_s), 0, 0.0
    stay_index = 0
    while at_s < days * DAY_S:
        while edge < len(edges) and edges[edge] <= at_s:
            idle_since_s = edges[edge]
            edge += 1
        yield at_s
        while stay_index < len(busy) - 1 and busy[stay_index][1] < at_s:
            stay_index += 1
        stay = busy[stay_index][2] if busy else None
        charging = stay is not None and stay.plug_s <= at_s < stay.unplug_s and stay.kw(at_s) > 0
        driving = bool(trips) and any(
            a <= at_s < a + 1800 or b - 1800 <= at_s < b for a, b in trips
        )
        step_s = car.poll_s if charging or driving else car.idle_poll_s
        next_s = at_s + step_s * dice.uniform(0.9, 1.1)
        idle = not charging and not driving and at_s - idle_since_s > car.sleeps_after_s
        following = edges[edge] if edge < len(edges) else days * DAY_S
        if idle:
            next_s = following + dice.uniform(0.3, 1.0) * car.wake_s
        elif following < next_s and car.changes_only:
            next_s = following + dice.uniform(1, min(60.0, car.poll_s))
        at_s = max(next_s, at_s + 1)


def _state(
    car: CarTraits, stays: list[Stay], life: Life, at_s: float, dice: Random
) -> dict[str, Any]:
    stay = next((s for s in stays if s.plug_s <= at_s < s.unplug_s), None)
    kw = stay.kw(at_s) if stay else 0.0
    fields: dict[str, Any] = {"isPluggedIn": stay is not None, "isCharging": kw > 0}
    if car.tells_rate:
        fields["chargeRate"] = round(kw * 0.93, 1) if kw > 0 else None
    if car.tells_level:
        fields["batteryLevel"] = round(level_at(life.level[car.id], at_s))
    away = next((trip for trip in life.away[car.id] if trip[0] <= at_s < trip[1]), None)
    if car.gps != "none":
        fields |= _position(car, away, at_s, dice)
    return fields


def _position(
    car: CarTraits, away: tuple[float, float] | None, at_s: float, dice: Random
) -> dict[str, Any]:
    latitude, longitude = HOME
    noise = {"good": 0.0001, "coarse": 0.005, "wrong": 0.0001}[car.gps]
    if car.gps == "wrong":
        latitude += 0.02
    if away is not None:
        way = min(1.0, (at_s - away[0]) / 1800, (away[1] - at_s) / 1800)
        latitude += WORK_DEGREES * way
    return {
        "latitude": round(latitude + dice.uniform(-noise, noise), 5),
        "longitude": round(longitude + dice.uniform(-noise, noise), 5),
        "accuracyM": 800 if car.gps == "coarse" else 10,
    }
