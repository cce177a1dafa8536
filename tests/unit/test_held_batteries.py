"""A battery that a person holds in a mode is not drawn as if plans could steer it."""

from dataclasses import replace

import pytest

from agent.model.intents import BatteryModeChoice
from agent.model.prices import Prices
from agent.model.readings import BatteryMode, DeviceId, DeviceKind
from agent.model.wishes import BatteryWish
from agent.plan.abilities import offered
from agent.plan.held import free
from agent.plan.optimise.problem import BatteryTask
from agent.plan.settings import BatteryPlan, BatterySettings, PlanSettings
from agent.plan.steering import Outside, battery_task, horizon, with_forced
from tests.unit.house import STORE, battery, info, snapshot
from tests.unit.test_battery_orders import ALL_MODES, DEVICE, a_moment
from tests.unit.test_plans import answer, smart_house

OTHER = DeviceId("garage store")
TWO = (DEVICE, replace(DEVICE, id=OTHER))
RULES = BatterySettings(plan=BatteryPlan.PRICES, to_grid=True, round_trip=1.0)
ONE_HOUSE = PlanSettings(devices=(DEVICE, info(DeviceId("grid"), DeviceKind.METER)), battery=RULES)
HALF_FULL = snapshot(
    battery(soc_percent=50.0, capacity_wh=10_000.0),
    replace(battery(soc_percent=20.0, capacity_wh=10_000.0), device=OTHER),
)


def task_of(
    *modes: BatteryMode | None, settings: PlanSettings = ONE_HOUSE
) -> tuple[BatteryTask | None, PlanSettings]:
    wishes = {
        device: BatteryWish(mode=mode) for device, mode in zip((STORE, OTHER), modes, strict=False)
    }
    left = free(settings, wishes)
    return battery_task(HALF_FULL, left.devices, left.battery), left


def test_one_that_nobody_holds_is_planned_as_ever() -> None:
    found, left = task_of(None)
    assert left is ONE_HOUSE
    assert found is not None
    assert (found.from_grid, found.to_grid, found.feeds_cars) == (True, True, False)


@pytest.mark.parametrize(
    "mode", [BatteryMode.IDLE, BatteryMode.IMPORT_FOCUS, BatteryMode.EXPORT_FOCUS]
)
def test_one_that_idles_or_is_driven_is_left_out(mode: BatteryMode) -> None:
    assert task_of(mode)[0] is None


def test_one_that_looks_after_the_house_stores_the_sun_and_feeds_house_and_cars() -> None:
    found, _ = task_of(BatteryMode.SELF_RELIANCE)
    assert found is not None
    assert (found.from_grid, found.to_grid, found.feeds_cars) == (False, False, True)
    assert found.level_wh == 5000


@pytest.mark.parametrize("mode", [BatteryMode.SELF_RELIANCE, BatteryMode.IDLE])
def test_beside_one_that_is_held_the_other_is_planned_alone(mode: BatteryMode) -> None:
    both = replace(ONE_HOUSE, devices=TWO)
    found, left = task_of(mode, settings=both)
    assert found is not None
    assert (found.level_wh, found.from_grid, found.feeds_cars) == (2000, True, False)
    assert [each.battery_modes for each in left.devices] == [(), ALL_MODES]


def test_where_batteries_are_left_alone_nothing_changes() -> None:
    alone = replace(ONE_HOUSE, battery=BatterySettings())
    assert task_of(BatteryMode.IDLE, settings=alone)[1] is alone


def test_one_that_a_person_lets_charge_is_a_load_until_it_is_full() -> None:
    wishes = {STORE: BatteryWish(mode=BatteryMode.IMPORT_FOCUS, power_w=2500.0)}
    before = replace(a_moment(), battery=None)
    moment = with_forced(before, HALF_FULL, wishes, ONE_HOUSE)
    assert (moment.forced_w, moment.others_w) == (2500.0, 2500.0)
    assert moment.forced_s == pytest.approx(2 * 3600)
    outside = Outside(prices=Prices(currency="EUR"))
    plain = horizon(before, outside, (), ONE_HOUSE, "UTC")
    steps = horizon(moment, outside, (), ONE_HOUSE, "UTC")
    more_wh = sum(
        (new.load_w - old.load_w) * old.duration_s / 3600
        for new, old in zip(steps, plain, strict=True)
    )
    assert more_wh == pytest.approx(5000.0)
    assert steps[0].load_w == plain[0].load_w + 2500
    assert steps[-1].load_w == plain[-1].load_w


def test_a_full_one_takes_nothing() -> None:
    wishes = {STORE: BatteryWish(mode=BatteryMode.IMPORT_FOCUS)}
    full = snapshot(battery(soc_percent=100.0, capacity_wh=10_000.0))
    assert with_forced(a_moment(), full, wishes, ONE_HOUSE) == a_moment()


def test_the_planner_is_asked_anew_when_a_person_takes_the_battery_and_gives_it_back() -> None:
    house = smart_house()
    (store,) = offered([DEVICE], RULES)
    house.state.devices[STORE] = store
    settings = house.state.settings
    house.state.settings = replace(settings, devices=(*settings.devices, store), battery=RULES)
    said = battery(soc_percent=50.0, capacity_wh=10_000.0)

    def asked() -> bool | None:
        house.later(30, said)
        answer(house)
        guide = house.state.plans.guide
        assert guide is not None
        battery = guide.problem.battery
        return None if battery is None else battery.from_grid

    assert asked() is True
    for mode, found in (
        (BatteryMode.IDLE, None),
        (BatteryMode.SELF_RELIANCE, False),
        (BatteryMode.TIME_OF_USE, True),
    ):
        assert house.take(BatteryModeChoice(device=STORE, mode=mode)).status == 200, mode
        assert asked() is found, mode
