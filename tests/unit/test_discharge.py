"""Batteries that are told to discharge feed in no more than may be fed in."""

from dataclasses import replace
from itertools import pairwise

import pytest

from agent.model.limits import GridOrder, Scope
from agent.model.readings import BatteryMode
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from agent.model.wishes import BatteryOrder, BatteryWish, Wishes
from agent.plan import Memory, decide
from agent.plan.settings import PlanSettings
from tests.unit.house import DEVICES, NOON, SETTINGS, STORE, battery, charger, grid, roof, snapshot

OUT = BatteryMode.EXPORT_FOCUS
MODES = ("SELF_RELIANCE", "IDLE", "IMPORT_FOCUS", "EXPORT_FOCUS")
HOUSE = replace(
    SETTINGS,
    devices=tuple(replace(d, battery_modes=MODES) if d.id == STORE else d for d in DEVICES),
)
BY_PLAN = BatteryOrder(
    mode=OUT,
    power_w=5000.0,
    owner=Owner.SMART_CHARGING,
    reason=Reason(code=ReasonCode.BATTERY_SELL, sentence="It is dear now."),
)
BY_HAND = {STORE: BatteryWish(mode=OUT, power_w=5000.0)}


def lived(
    loads_w: list[float], settings: PlanSettings, wanted: Wishes, lag_s: int = 3
) -> tuple[list[float], list[BatteryTarget]]:
    """What is fed in second by second, with a battery that follows after a while."""
    memory, fed_in_w, told = Memory(), list[float](), list[BatteryTarget]()
    orders = {} if wanted.batteries else {STORE: BY_PLAN}
    for second, load_w in enumerate(loads_w):
        now = NOON.later(second)
        heard = told[-1 - lag_s] if len(told) > lag_s else None
        gives_w = 0.0
        if heard is not None:
            gives_w = heard.power_w or 0.0 if heard.mode is OUT else load_w
        fed_in_w.append(gives_w - load_w)
        seen = snapshot(
            grid(load_w - gives_w, now),
            charger(now),
            roof(0.0, now),
            battery(now, power_w=-gives_w, soc_percent=80.0, max_discharge_w=5000.0),
        )
        done = decide(seen, wanted, settings, memory, now, battery_orders=orders)
        memory, target = done.memory, done.targets[STORE]
        assert isinstance(target, BatteryTarget)
        told.append(target)
    return fed_in_w, told


@pytest.mark.parametrize("wanted", [Wishes(), Wishes(batteries=BY_HAND)])
def test_whoever_lets_a_battery_discharge_the_export_limit_is_kept_but_for_seconds(
    wanted: Wishes,
) -> None:
    loads_w = [4000.0] * 60 + [300.0] * 60 + [2500.0] * 1000 + [300.0] * 60
    fed_in_w, told = lived(loads_w, replace(HOUSE, export_limit_w=2000.0), wanted)
    over = [second for second, each_w in enumerate(fed_in_w) if each_w > 2000.0]
    assert all(60 <= each < 70 or 1120 <= each < 1130 for each in over), over
    assert len({target.power_w for target in told[1060:1120]}) == 1
    assert told[1100].power_w == 4000.0  # raised again when the house had taken more for long
    powers_w = [target.power_w for target in told]
    assert sum(a != b for a, b in pairwise(powers_w)) <= 4
    limited = told[100]
    assert (limited.owner, limited.reason.code) == (Owner.SAFETY, ReasonCode.EXPORT_LIMIT)
    assert "the export limit of 2 kW leaves no room for more" in limited.reason.sentence


def test_while_the_operator_lets_nothing_be_fed_in_a_battery_looks_after_the_house() -> None:
    order = GridOrder(id="1", source="cloud", scope=Scope.DEVICES, export_w=0.0, began_at=NOON.at)
    wanted = Wishes(batteries=BY_HAND, grid_orders=(order,))
    fed_in_w, told = lived([300.0] * 120, HOUSE, wanted)
    assert max(fed_in_w) <= 0.0
    assert {target.mode for target in told} == {BatteryMode.SELF_RELIANCE}
    assert "the grid operator's limit of 0 kW (cloud)" in told[-1].reason.sentence


def test_without_the_meter_nothing_is_fed_in_that_nobody_sees() -> None:
    capped = replace(HOUSE, export_limit_w=2000.0)
    seen = snapshot(battery(power_w=-5000.0, soc_percent=80.0))
    target = decide(seen, Wishes(batteries=BY_HAND), capped, Memory(), NOON).targets[STORE]
    assert isinstance(target, BatteryTarget)
    assert target.mode is BatteryMode.SELF_RELIANCE
    assert "nobody measures what flows, and the export limit of 2 kW" in target.reason.sentence


def test_where_nothing_limits_a_battery_gives_what_was_said() -> None:
    fed_in_w, told = lived([300.0] * 30, HOUSE, Wishes(batteries=BY_HAND))
    assert fed_in_w[-1] == 4700.0
    assert told[-1].owner is Owner.MANUAL
