"""What pairing learns of each car, and what it says would settle an open case."""

from typing import Any

import orjson

from agent import pairing
from agent.model.pairs import PairingCar, PairingCharger, PairingSettings
from agent.model.readings import DeviceId
from agent.pairing.reporting import (
    NOTHING,
    Reporting,
    bad_place,
    delay_shares,
    hour_points,
    level_points,
    no_token,
)
from agent.pairing.runs import Run, Runs, thinned
from tests.unit.pairing_world import HOME, MONO_S, World, at, came_home, settings

DAY = 1440.0
AWAY = {"latitude_deg": HOME[0] + 0.3, "longitude_deg": HOME[1]}


def evenings(world: World, days: int, **said: Any) -> None:
    """Every evening the car comes, charges for an hour, and goes."""
    for day in range(days):
        start = day * DAY
        came_home(world, start=start)
        for minute in range(14, 64, 4):
            world.on(start + minute, soc_percent=40 + minute / 6, power_w=10_200.0, **said)
            power = {"power_w": 11_000.0, "energy_wh": (day * 60 + minute) * 183.0}
            world.hear(start + minute + 0.1, "box", plugged_in=True, charging=True, **power)
        world.hear(start + 66, "box", plugged_in=True, charging=False, power_w=0.0)
        world.hear(start + 67, "a", plugged_in=True, charging=False)
        world.unplug(start + 80)
        world.car(start + 82)


def learned(world: World, who: str = "a") -> Reporting:
    return world.memory.reports[who]


def test_a_position_that_is_always_wrong_at_home_soon_counts_for_nothing() -> None:
    world = World()
    evenings(world, 8, **AWAY)
    assert bad_place(learned(world)) > 0.5
    told = [belief for _, belief in world.told if belief.vehicle == "a"]
    assert len(told) >= 7


def test_a_position_that_is_right_at_home_counts_more_when_it_is_elsewhere() -> None:
    world = World()
    evenings(world, 8, latitude_deg=HOME[0], longitude_deg=HOME[1])
    assert bad_place(learned(world)) < bad_place(NOTHING) / 2


def test_how_a_car_reports_survives_the_disk_and_is_forgotten_with_the_car() -> None:
    world = World()
    evenings(world, 3)
    before = learned(world)
    assert before != NOTHING
    world.restart(4 * DAY)
    assert learned(world) == before
    tree = orjson.loads(orjson.dumps(world.memory.to_json()))
    again = pairing.Memory.from_json(tree, settings("b"), at(4 * DAY), same_boot=True)
    assert "a" not in again.reports


def test_a_car_that_usually_comes_in_the_evening_is_less_likely_in_the_morning() -> None:
    evening = Reporting(hours=tuple(12.0 if hour == 18 else 0.0 for hour in range(24)))
    assert hour_points(evening, NOTHING, 18) > 0.5
    assert hour_points(evening, NOTHING, 8) < -1.0
    assert hour_points(NOTHING, NOTHING, 8) == 0.0


def test_a_car_that_always_begins_with_its_power_is_less_likely_at_another() -> None:
    usual = Reporting(levels=((21, 15.0),))
    assert level_points(usual, NOTHING, 11_000.0) > 0.2
    assert level_points(usual, NOTHING, 3_700.0) < -1.0


def test_a_card_is_missed_only_where_it_is_usually_shown() -> None:
    assert no_token(NOTHING) > 0.8
    assert no_token(Reporting(tokens=(12.0, 0.0))) < 0.2


def test_shares_of_delays_always_sum_to_one() -> None:
    assert abs(sum(delay_shares(NOTHING.delays)) - 1.0) < 1e-9
    assert abs(sum(delay_shares((0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 1.0))) - 1) < 1e-9


def test_a_car_is_not_named_on_a_charger_that_gives_more_than_it_can_take() -> None:
    world = World(settings(max_power_w=7_400.0))
    came_home(world)
    world.hear(12, "box", plugged_in=True, charging=True, power_w=11_000.0)
    world.on(14)
    assert world.on_charger() is None
    within = World(settings(max_power_w=11_000.0))
    came_home(within)
    within.hear(12, "box", plugged_in=True, charging=True, power_w=11_000.0)
    within.on(14)
    assert within.on_charger() == "a"


def test_a_lent_card_names_no_car_that_says_it_hangs_nowhere() -> None:
    cars = (PairingCar(id=DeviceId("a"), id_tokens=frozenset({"04A1"})),)
    world = World(PairingSettings(cars=cars, chargers=(PairingCharger(id=DeviceId("box")),)))
    world.unplug(0)
    world.car(1)
    world.plug(5, id_token="04a1")  # noqa: S106
    world.wait(24)
    assert world.on_charger() is None
    world.car(26)
    assert world.on_charger() is None


def test_a_clock_that_is_an_hour_off_is_seen_beside_a_line_that_hearth_stamped() -> None:
    world = World()
    world.unplug(0, late=60)
    for minute in range(1, 12):
        world.unplug(minute, late=60)
    world.hear(12, "box", reachable=True)
    world.hear(30, "box", late=60, plugged_in=True, charging=True)
    session = world.memory.chargers[DeviceId("box")].session
    assert session is not None
    assert abs(session.plug_s - (MONO_S + 30 * 60)) < 5


def test_a_plug_while_the_charger_was_away_lies_between_its_loss_and_its_return() -> None:
    world = World()
    world.unplug(0)
    world.hear(600, "box", reachable=False)
    world.hear(605, "box", reachable=True, plugged_in=True, charging=True)
    session = world.memory.chargers[DeviceId("box")].session
    assert session is not None
    assert session.after_s == MONO_S + 600 * 60


def test_thinning_keeps_what_stood_when_the_cable_went_in() -> None:
    runs: Runs = (Run(0.0, 0.0, 10.0), Run(5.0, 50.0, 1000.0))
    for n in range(1, 200):
        runs = thinned((*runs, Run(5.0 + n, 1000.0 + n * 60, 1030.0 + n * 60)), 40, 1000.0)
    assert Run(5.0, 50.0, 1000.0) in runs
    assert len(runs) <= 40


def test_what_would_settle_it_names_the_reason() -> None:
    started = World()
    started.hear(0, "box", plugged_in=True, charging=True, power_w=11_000.0)
    started.on(1)
    started.wait(2)
    belief = started.memory.beliefs[DeviceId("box")]
    assert "nobody saw the cable go in" in (belief.settles or "")
    twins = World(settings("a b"))
    twins.unplug(0)
    twins.car(1, "a")
    twins.car(1, "b")
    twins.plug(3)
    twins.on(10, "a")
    twins.on(10, "b")
    assert "fit alike" in (twins.memory.beliefs[DeviceId("box")].settles or "")
    came_home(named := World())
    assert named.memory.beliefs[DeviceId("box")].settles is None
