"""The fuse and the phases of a charger: until a change is proven, the worse of both counts."""

from dataclasses import replace

import pytest

from agent.model.intents import ChargerMode
from agent.model.readings import ChargerReading, MeterReading, PowerDelivery
from agent.model.targets import ChargerTarget, ReasonCode
from agent.model.wishes import ChargerWish, Wishes
from agent.plan import Memory, PlanSettings, decide
from agent.plan.memory import ChargerMemory
from agent.plan.phase_memory import PhaseMemory
from agent.plan.settings import ChargerSettings, PhaseRules
from agent.plan.shares import loaded, share_a
from tests.unit.house import CARPORT, GARAGE, NOON, SETTINGS, charger, charging, grid, snapshot

ALONE = Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.SOLAR)})
SUN_W = 3500.0
"""Enough for 15 A on one phase, and too little for three."""
PROVEN = PhaseMemory(used=1, since_mono_s=0.0, proven=(1,), car=3)
UNPROVEN = replace(PROVEN, proven=())
READY = ChargerMemory(limit_a=0.0, changed_mono_s=0.0, surplus_since_mono_s=1.0)


def house(**more: object) -> PlanSettings:
    own = ChargerSettings(switching=PhaseRules(), **more)  # type: ignore[arg-type]
    return replace(SETTINGS, fuse_a=25.0, chargers={GARAGE: own})


def given(
    mind: PhaseMemory,
    *,
    plan: PlanSettings | None = None,
    wishes: Wishes = ALONE,
    box: ChargerReading | None = None,
    meter: MeterReading | None = None,
) -> ChargerTarget:
    seen = snapshot(box or charger(phases=3, power_w=0.0), meter or crowded(0.0))
    memory = Memory(phases={GARAGE: mind}, chargers={GARAGE: READY})
    target = decide(seen, wishes, plan or house(), memory, NOON).targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    return target


def crowded(l2_a: float) -> MeterReading:
    """As much sun as ever, and something that takes so much on L2."""
    rest_w = (-SUN_W - l2_a * 230.0) / 2
    return grid(-SUN_W, power_l1_w=rest_w, power_l2_w=l2_a * 230.0, power_l3_w=rest_w)


def test_a_crowded_phase_that_the_car_is_proven_not_to_use_is_no_limit() -> None:
    assert given(PROVEN, meter=crowded(22.0)).max_current_a == pytest.approx(15.2, abs=0.1)


def test_until_that_is_proven_the_crowded_phase_counts() -> None:
    wanted = given(UNPROVEN, meter=crowded(22.0))
    assert (wanted.max_current_a, wanted.reason.code) == (0.0, ReasonCode.FUSE_LIMIT)
    assert given(UNPROVEN, meter=crowded(17.0)).max_current_a == 6.0


def test_the_phase_of_the_mains_follows_the_turn_of_the_charger() -> None:
    turned = house(phase_order=(2, 3, 1))
    assert given(PROVEN, plan=turned, meter=crowded(22.0)).max_current_a == 0.0
    on_third = replace(PROVEN, proven=(2,))
    assert given(on_third, plan=turned, meter=crowded(22.0)).max_current_a == pytest.approx(15.2)


def test_one_phase_counts_for_the_unbalanced_load_even_before_it_is_proven() -> None:
    rule = replace(house(), unbalanced_a=5.0)
    even = grid(-SUN_W)
    assert given(UNPROVEN, plan=rule, meter=even).reason.code is ReasonCode.UNBALANCED_LOAD
    assert given(PROVEN, plan=rule, meter=even).reason.code is ReasonCode.UNBALANCED_LOAD


def test_watts_for_three_phases_may_go_through_one_until_the_others_are_seen() -> None:
    fast = Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.FAST)})
    changed = replace(UNPROVEN, used=3)
    box = charger(power_w=0.0, limit_in_watts=True)
    assert given(changed, wishes=fast, box=box).max_current_a == pytest.approx(8.0)
    amps = replace(box, limit_in_watts=False)
    assert given(changed, wishes=fast, box=amps).max_current_a == 16.0
    seen = replace(changed, proven=(1, 2, 3))
    assert given(seen, wishes=fast, box=box).max_current_a == 16.0


def test_a_charger_out_of_reach_may_fall_back_to_all_its_phases() -> None:
    own = ChargerSettings(switching=PhaseRules())
    one = replace(
        charging(10.0), current_l2_a=0.0, current_l3_a=0.0, power_w=2300.0, phases=1,
        reachable=False,
    )  # fmt: skip
    seen = snapshot(one)[GARAGE]
    limit = ChargerMemory(limit_a=10.0, changed_mono_s=0.0)
    assert isinstance(seen.value, ChargerReading)
    off_a = share_a(seen, NOON.mono_s, limit, own, PROVEN)  # type: ignore[arg-type]
    assert {phase: least for phase, (least, _) in off_a.items()} == {1: 0.0, 2: -10.0, 3: -10.0}
    assert loaded(replace(one, reachable=True), own, PROVEN) == (1,)


def test_a_charger_that_is_not_switched_counts_as_before() -> None:
    state = charger(state=PowerDelivery.CHARGING, phases=1)
    assert loaded(state, ChargerSettings(), UNPROVEN) == (1,)
    assert loaded(state, ChargerSettings(switching=PhaseRules()), PhaseMemory()) == (1,)


def test_two_chargers_share_the_sun_by_the_phases_that_they_use() -> None:
    own = ChargerSettings(switching=PhaseRules())
    plan = replace(
        SETTINGS, chargers={GARAGE: replace(own, priority=1), CARPORT: ChargerSettings()}
    )
    both = Wishes(chargers=dict.fromkeys((GARAGE, CARPORT), ChargerWish(mode=ChargerMode.SOLAR)))
    sun_w = 16 * 230.0 + 7 * 690.0
    seen = snapshot(charger(power_w=0.0), charger(device=CARPORT, power_w=0.0), grid(-sun_w))
    memory = Memory(phases={GARAGE: PROVEN}, chargers=dict.fromkeys((GARAGE, CARPORT), READY))
    told = decide(seen, both, plan, memory, NOON).targets
    assert [getattr(told[d], "max_current_a", None) for d in (GARAGE, CARPORT)] == [16.0, 7.0]
