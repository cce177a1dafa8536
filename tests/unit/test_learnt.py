"""What a device declines at run time: plans do without it for a day, say so, and try again."""

from dataclasses import replace

import pytest

from agent.control.lacking import Lacking
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import BatteryMode, DeviceKind
from agent.model.targets import BatteryTarget, InverterTarget, Owner, Reason, ReasonCode, Target
from agent.plan.exporting import can_curtail
from agent.plan.learnt import NOTHING_LEARNT, Learnt
from agent.plan.settings import BatteryPlan, BatterySettings
from agent.plan.steering import Outside
from tests.unit.engine_house import House
from tests.unit.house import NOON, ROOF, SETTINGS, STORE, battery, grid, info, snapshot
from tests.unit.test_plans import EVENING, answer, night_prices

WHY = Reason(code=ReasonCode.BATTERY_HOLD, sentence="Because.")
MODES = ("SELF_RELIANCE", "IDLE", "IMPORT_FOCUS", "EXPORT_FOCUS")
RULES = BatterySettings(plan=BatteryPlan.PRICES)
BATTERY = info(STORE, DeviceKind.BATTERY, battery_modes=MODES, max_power_w=5000.0)
HOUSE = replace(
    SETTINGS,
    devices=(BATTERY, info(ROOF, DeviceKind.INVERTER, limitable=True)),
    battery=RULES,
    export_limit_w=0.0,
)
NO = "roof_battery did not take the command: it has no such register (Modbus exception 2)"
SAYS = (
    f"{NO}; for a day plans do not count on its being charged from the grid."
    " A restart of Hearth tries it at once"
)
A_DAY_S = 86_400.0


def told(mode: BatteryMode) -> BatteryTarget:
    return BatteryTarget(device=STORE, mode=mode, owner=Owner.SMART_CHARGING, reason=WHY)


def declined(target: Target) -> Learnt:
    return NOTHING_LEARNT.refused(target, NO, NOON)


def devices(learnt: Learnt) -> tuple[DeviceInfo, ...]:
    return learnt.able(HOUSE).devices


def test_what_a_battery_declined_it_is_not_asked_for_and_all_else_stays() -> None:
    store, roof = devices(declined(told(BatteryMode.IMPORT_FOCUS)))
    assert store.battery_modes == ("SELF_RELIANCE", "IDLE", "EXPORT_FOCUS")
    assert roof.limitable


def test_a_roof_that_declined_to_give_less_is_not_counted_on() -> None:
    down = InverterTarget(device=ROOF, max_power_w=500.0, owner=Owner.SAFETY, reason=WHY)
    learnt = NOTHING_LEARNT.refused(down, "permission denied", NOON)
    assert can_curtail(HOUSE, [])
    assert not can_curtail(learnt.able(HOUSE), [])
    assert [each for _, each in learnt.shortcomings()] == [
        (
            "roof: permission denied; for a day plans do not count on its being turned down."
            " A restart of Hearth tries it at once"
        )
    ]


@pytest.mark.parametrize(
    "target",
    [
        told(BatteryMode.SELF_RELIANCE),
        InverterTarget(device=ROOF, max_power_w=None, owner=Owner.SAFETY, reason=WHY),
    ],
)
def test_that_a_device_is_not_given_back_is_nothing_to_do_without(target: Target) -> None:
    assert declined(target) is NOTHING_LEARNT


def test_a_day_later_it_is_tried_again() -> None:
    learnt = declined(told(BatteryMode.IMPORT_FOCUS))
    assert learnt.step(snapshot(), NOON.later(A_DAY_S - 1)) is learnt
    assert learnt.step(snapshot(), NOON.later(A_DAY_S)).able(HOUSE) is HOUSE


def test_what_was_seen_to_work_since_is_counted_on_again() -> None:
    learnt = declined(told(BatteryMode.IMPORT_FOCUS))
    now = NOON.later(60)

    def after(mode: BatteryMode, at: Now) -> bool:
        return bool(learnt.step(snapshot(battery(at, operation_mode=mode)), now).refusals)

    assert after(BatteryMode.IDLE, now)
    assert after(BatteryMode.IMPORT_FOCUS, NOON)
    assert not after(BatteryMode.IMPORT_FOCUS, now)


def test_it_is_said_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    lacking, learnt = Lacking(), declined(told(BatteryMode.IMPORT_FOCUS))
    for _ in range(2):
        lacking.look(snapshot(), HOUSE, learnt)
    assert caplog.messages == [SAYS]
    assert lacking.told == {STORE: (SAYS,)}


def test_a_plan_made_after_the_refusal_buys_nothing_for_the_battery() -> None:
    house = House(now=EVENING)
    house.state.settings = replace(HOUSE, export_limit_w=None, chargers={}, grid_meter=None)
    house.state.devices = {each.id: each for each in house.state.settings.devices}
    house.outside = Outside(prices=night_prices())
    store = battery(reachable=True, soc_percent=20.0, capacity_wh=10_000.0)

    def most_w() -> float:
        answer(house)
        guide = house.state.plans.guide
        assert guide is not None
        return max(guide.solution.battery_w)

    house.later(1, grid(500.0), store)
    assert most_w() > 1000
    house.engine.unable(told(BatteryMode.IMPORT_FOCUS), NO, house.now)
    house.later(10, grid(500.0), store)
    assert most_w() <= 0
    house.later(A_DAY_S, grid(500.0), store)
    house.outside = Outside(prices=night_prices())
    assert not house.state.learnt.refusals
    assert house.state.plans.question is not None
    assert house.state.plans.question.problem.battery is not None
    assert house.state.plans.question.problem.battery.from_grid
