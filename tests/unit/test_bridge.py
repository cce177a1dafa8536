"""Batteries that are held back help while too much flows, and lend no room to cars."""

from dataclasses import replace
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.intents import ChargerMode
from agent.model.readings import BatteryMode, DeviceKind
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from agent.model.wishes import BatteryOrder, BatteryWish
from agent.plan import Memory, PlanSettings, decide
from agent.plan.memory import BatteryMemory
from agent.plan.settings import ChargerSettings
from tests.examples import examples
from tests.unit.house import (
    DEVICES,
    GARAGE,
    NOON,
    SETTINGS,
    STORE,
    battery,
    charging,
    grid,
    info,
    snapshot,
    wishes,
)

MODES = ("SELF_RELIANCE", "IDLE", "IMPORT_FOCUS", "EXPORT_FOCUS")
HOUSE = replace(
    SETTINGS,
    fuse_a=40.0,
    devices=(*DEVICES[:3], info(STORE, DeviceKind.BATTERY, battery_modes=MODES)),
    chargers={GARAGE: ChargerSettings()},
)
HELD = BatteryOrder(
    mode=BatteryMode.IDLE,
    owner=Owner.SMART_CHARGING,
    reason=Reason(code=ReasonCode.BATTERY_HOLD, sentence="Not for the car."),
)
FOLLOWS_S, SAYS_EVERY_S = 1.5, 5
JUMP_S = 12


class World:
    """One car with its lag, and a battery of 9 kW that follows within seconds and that is read
    every five of them; all on three phases."""

    def __init__(
        self, lag_s: int, plan: PlanSettings = HOUSE, *, soc_percent: float = 60.0
    ) -> None:
        self.plan, self.lag_s, self.soc_percent = plan, lag_s, soc_percent
        self.wishes = wishes(ChargerMode.FAST)
        self.now, self.memory = NOON, Memory()
        self.car_a, self.told_a, self.gives_w = 16.0, [16.0], 0.0
        self.mode, self.modes, self.said = BatteryMode.IDLE, list[BatteryMode](), battery()

    def second(self, load_a: float) -> float:
        """Live for a second; returns what flows per phase."""
        if len(self.told_a) >= self.lag_s:
            self.car_a = self.told_a[-self.lag_s]
        alone_w = min(9000.0, (load_a + self.car_a) * 690.0)
        goal_w = alone_w if self.mode is BatteryMode.SELF_RELIANCE else 0.0
        self.gives_w = goal_w + (self.gives_w - goal_w) * exp(-1 / FOLLOWS_S)
        self.now = self.now.later(1.0)
        if len(self.told_a) % SAYS_EVERY_S == 1:
            self.said = battery(
                self.now,
                power_w=-self.gives_w,
                soc_percent=self.soc_percent,
                max_discharge_w=9000.0,
            )
        flows_a = load_a + self.car_a - self.gives_w / 690.0
        seen = snapshot(grid(flows_a * 690.0, self.now), charging(self.car_a, self.now), self.said)
        decision = decide(
            seen, self.wishes, self.plan, self.memory, self.now, battery_orders={STORE: HELD}
        )
        self.memory = decision.memory
        self.told_a.append(getattr(decision.targets[GARAGE], "max_current_a", 0.0))
        target = decision.targets[STORE]
        assert isinstance(target, BatteryTarget)
        self.mode = target.mode
        self.modes.append(target.mode)
        return flows_a

    def live(self, load_a: float, last_s: int) -> list[float]:
        return [self.second(load_a) for _ in range(last_s)]

    @property
    def helped_s(self) -> int:
        return self.modes.count(BatteryMode.SELF_RELIANCE)


def test_the_battery_brings_the_house_inside_before_the_car_has_followed() -> None:
    world = World(lag_s=6)
    world.live(20.0, JUMP_S)
    flows_a = world.live(29.0, 60)
    assert flows_a[0] == 45.0
    assert sum(amps > 40.0 for amps in flows_a) <= 3
    assert flows_a[-1] == pytest.approx(39.0)


def test_it_is_held_back_again_once_the_car_has_followed_and_the_car_stays_where_it_is() -> None:
    world = World(lag_s=4)
    world.live(20.0, JUMP_S)
    world.live(29.0, 120)
    assert 3 <= world.helped_s <= 15
    assert world.mode is BatteryMode.IDLE
    assert set(world.told_a[JUMP_S + 2 :]) == {10.0}
    assert world.gives_w == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("case", ["by hand", "reserve", "no need"])
def test_it_is_left_as_it_is(case: str) -> None:
    world = World(lag_s=4, soc_percent=10.5 if case == "reserve" else 60.0)
    if case == "by hand":
        mode = BatteryWish(mode=BatteryMode.IDLE)
        world.wishes = replace(world.wishes, batteries={STORE: mode})
    world.live(20.0, JUMP_S)
    world.live(23.5 if case == "no need" else 29.0, 60)
    assert not world.helped_s


def test_it_goes_on_giving_where_one_phase_has_too_much_and_the_house_feeds_in() -> None:
    gives = replace(HELD, mode=BatteryMode.EXPORT_FOCUS, power_w=5000.0)
    at = NOON.later(1.0)
    uneven = grid(-3000.0, at, power_l1_w=42 * 230.0, power_l2_w=-6000.0, power_l3_w=-6660.0)
    said = battery(at, power_w=-5000.0, soc_percent=60.0, max_discharge_w=9000.0)
    seen = snapshot(uneven, charging(16.0, at), said)
    decided = decide(seen, wishes(), HOUSE, Memory(), at, battery_orders={STORE: gives})
    target = decided.targets[STORE]
    assert isinstance(target, BatteryTarget)
    assert target.mode is BatteryMode.EXPORT_FOCUS


def test_one_that_charges_stops_at_once_and_then_helps() -> None:
    charges = replace(HELD, mode=BatteryMode.IMPORT_FOCUS, power_w=2000.0)
    at = NOON.later(1.0)
    said = battery(at, power_w=2000.0, soc_percent=60.0, max_discharge_w=9000.0)
    seen = snapshot(grid(48 * 690.0, at), charging(16.0, at), said)
    memory = Memory(batteries={STORE: BatteryMemory(allowed_w=2000.0)})
    decided = decide(seen, wishes(), HOUSE, memory, at, battery_orders={STORE: charges})
    target = decided.targets[STORE]
    assert isinstance(target, BatteryTarget)
    assert target.mode is BatteryMode.SELF_RELIANCE
    assert decided.memory.bridges[STORE].most_w == 9000.0


def test_it_helps_so_often_a_day_and_not_twice_in_a_minute() -> None:
    world = World(lag_s=2)
    world.live(20.0, JUMP_S)
    helped = []
    for _ in range(12):
        before = world.helped_s
        world.live(29.0, 15)
        world.live(20.0, 15)
        world.live(29.0, 15)
        world.live(20.0, 60)
        helped.append(world.helped_s - before)
    assert all(2 <= each <= 15 for each in helped[:10])
    assert helped[10:] == [0, 0]


def test_a_house_that_is_over_by_itself_is_helped_for_as_long_as_it_takes() -> None:
    world = World(lag_s=3)
    world.live(20.0, JUMP_S)
    flows_a = world.live(44.0, 90)
    assert max(flows_a[5:]) <= 40.0
    world.live(20.0, 90)
    assert world.mode is BatteryMode.IDLE
    assert world.told_a[-1] == 16.0


@examples(25)
@given(st.lists(st.floats(5, 38), min_size=2, max_size=6), st.integers(1, 8))
def test_with_a_battery_that_helps_the_house_stays_under_its_fuse(
    loads_a: list[float], lag_s: int
) -> None:
    """20 s after each change of load, and for good; and registers are spared."""
    world = World(lag_s)
    for load_a in loads_a:
        before = len(world.modes)
        flows_a = world.live(load_a, 90)
        assert max(flows_a[20:]) <= max(40.0, load_a) + 0.2
        turns = sum(a is not b for a, b in zip(world.modes[before:], world.modes[before + 1 :]))  # noqa: B905
        assert turns <= 4
    assert world.gives_w < 100.0 or load_a + 6.0 > 39.0
