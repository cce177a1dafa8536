from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.clock import Now
from agent.model.intents import ChargerMode
from agent.model.readings import (
    BatteryMode,
    ChargerReading,
    DeviceId,
    DeviceKind,
    PowerDelivery,
    Reading,
)
from agent.model.targets import BatteryTarget, ChargerTarget, Owner, Reason, ReasonCode
from agent.model.wishes import BatteryWish, ChargerWish, Order, Wishes
from agent.plan import Decision, Memory, decide
from agent.plan.allocation import LineId, Want, fit
from agent.plan.memory import ChargerMemory
from agent.plan.settings import ChargerSettings
from tests.examples import examples
from tests.unit.house import (
    CARPORT,
    DEVICES,
    GARAGE,
    NOON,
    SETTINGS,
    STORE,
    battery,
    charger,
    charging,
    grid,
    info,
    snapshot,
    wishes,
)


def target(decision: Decision) -> ChargerTarget:
    found = decision.targets[GARAGE]
    assert isinstance(found, ChargerTarget)
    return found


def one(*readings: Reading, mode: ChargerMode = ChargerMode.FAST, **more: object) -> ChargerTarget:
    wanted = wishes(mode, **more)
    return target(decide(snapshot(*readings), wanted, SETTINGS, Memory(), NOON))


def test_fast_takes_what_cable_and_fuse_allow() -> None:
    wanted = one(charger(), grid(690.0))
    assert (wanted.charging, wanted.max_current_a, wanted.owner) == (True, 16.0, Owner.DEFAULT)
    assert wanted.reason.code is ReasonCode.MODE_FAST


def test_the_main_fuse_goes_before_the_wish_and_says_so() -> None:
    wanted = one(charger(), grid(15 * 690.0))
    assert wanted.max_current_a == pytest.approx(9.0)
    assert (wanted.owner, wanted.reason.code) == (Owner.SAFETY, ReasonCode.FUSE_LIMIT)
    assert "main fuse of 25 A" in wanted.reason.sentence


def test_a_flickering_house_does_not_make_the_fuse_limit_flicker() -> None:
    memory, limits, amps = Memory(), set[float](), 0.0
    for second in range(0, 300, 5):
        now = NOON.later(second)
        load_a = 15.0 + 0.2 * (second % 3 - 1)
        car = charging(amps, now) if amps else charger(now)
        house = snapshot(car, grid((load_a + amps) * 690.0, now))
        decision = decide(house, wishes(), SETTINGS, memory, now)
        memory = decision.memory
        amps = target(decision).max_current_a or 0.0
        limits.add(amps)
    assert limits <= {8.8, 9.0, 9.2}
    assert len(limits) <= 2


def test_many_chargers_share_one_margin_of_the_fuse() -> None:
    ids = [DeviceId(f"c{n}") for n in range(10)]
    many = replace(
        SETTINGS,
        fuse_a=125.0,
        devices=(*(info(d, DeviceKind.CHARGER) for d in ids), DEVICES[1]),
        chargers=dict.fromkeys(ids, ChargerSettings()),
    )
    wanted = Wishes(chargers=dict.fromkeys(ids, ChargerWish(mode=ChargerMode.FAST)))
    memory = Memory(chargers={d: ChargerMemory(limit_a=12.0) for d in ids})
    load_a = 124.0 - 120.0 + 2.5  # each would have to give up a quarter of an ampere
    cars = [charging(12.0, NOON, d) for d in ids]
    house = snapshot(grid((load_a + 120.0) * 690.0), *cars)
    given = decide(house, wanted, many, memory, NOON).targets
    assert sum(getattr(t, "max_current_a", 0.0) for t in given.values()) <= 124.0 - load_a + 0.3


def test_one_crowded_phase_limits_a_three_phase_car() -> None:
    wanted = one(charger(), grid(3000.0, power_l2_w=16.5 * 230.0))
    assert wanted.max_current_a == pytest.approx(7.5)


def test_less_than_the_minimum_is_nothing() -> None:
    wanted = one(charger(), grid(20 * 690.0))
    assert not wanted.charging
    assert wanted.max_current_a == 0.0


@pytest.mark.parametrize("silence_s", [16.0, 3600.0])
def test_a_silent_fuse_meter_leaves_the_minimum(silence_s: float) -> None:
    wanted = one(charger(), grid(690.0, NOON.later(-silence_s)))
    assert (wanted.max_current_a, wanted.reason.code) == (6.0, ReasonCode.FUSE_METER_LOST)


def test_a_meter_that_repeats_itself_while_the_car_ramps_up_is_frozen() -> None:
    memory, now = Memory(), NOON
    for second in range(0, 120, 5):
        now = NOON.later(second)
        car = charger(now) if second < 40 else charging(16.0, now)
        decision = decide(snapshot(car, grid(690.0, now)), wishes(), SETTINGS, memory, now)
        memory = decision.memory
    assert target(decision).reason.code is ReasonCode.FUSE_METER_LOST
    assert target(decision).max_current_a == 6.0
    told = target(decision).reason.sentence
    assert "grid, the meter that guards the main fuse, repeats the same figures while" in told
    assert "restart it" in told


def test_a_meter_in_a_calm_house_is_not_frozen() -> None:
    memory = Memory()
    for second in range(0, 600, 5):
        now = NOON.later(second)
        car = charger(now) if second < 10 else charging(16.0, now)  # reported late
        decision = decide(snapshot(car, grid(11_700.0, now)), wishes(), SETTINGS, memory, now)
        memory = decision.memory
    assert target(decision).reason.code is ReasonCode.MODE_FAST


def test_a_person_goes_before_the_mode() -> None:
    assert not one(charger(), grid(0.0), manual=False).charging
    started = one(charger(), grid(0.0), mode=ChargerMode.OFF, manual=True)
    assert (started.charging, started.owner) == (True, Owner.MANUAL)


def test_a_persons_limit_is_kept() -> None:
    assert one(charger(), grid(0.0), limit_a=10.0).max_current_a == 10.0
    assert not one(charger(), grid(0.0), limit_a=0.0).charging


def test_a_charger_without_a_car_or_out_of_reach_is_left_alone() -> None:
    for state in (
        charger(state=PowerDelivery.UNPLUGGED),
        replace(charger(), reachable=False),
        charger(state=PowerDelivery.UNKNOWN),
    ):
        decision = decide(snapshot(state, grid(0.0)), wishes(), SETTINGS, Memory(), NOON)
        assert GARAGE not in decision.targets


class Solar:
    """A house at the clock's hand: what the car draws follows the target at once."""

    def __init__(self, mode: ChargerMode = ChargerMode.SOLAR) -> None:
        self.mode, self.memory, self.now, self.amps = mode, Memory(), NOON, 0.0
        self.last: ChargerTarget | None = None

    def run(self, surplus_w: float, seconds: int) -> ChargerTarget:
        for _ in range(0, seconds, 5):
            self.now = self.now.later(5)
            car = charging(self.amps, self.now) if self.amps else charger(self.now)
            house = snapshot(car, grid(self.amps * 690.0 - surplus_w, self.now))
            decision = decide(house, wishes(self.mode), SETTINGS, self.memory, self.now)
            self.memory, self.last = decision.memory, target(decision)
            self.amps = self.last.max_current_a or 0.0
        assert self.last is not None
        return self.last


def test_solar_starts_after_a_minute_of_enough_sun_and_follows_it() -> None:
    house = Solar()
    waiting = house.run(5000.0, 55)
    assert (waiting.charging, waiting.reason.code) == (False, ReasonCode.SURPLUS_WAITING)
    assert waiting.reason.changes_at is not None
    assert house.run(5000.0, 30).max_current_a == pytest.approx(7.2)
    assert house.run(9000.0, 60).max_current_a == pytest.approx(13.0)


def test_a_cloud_shorter_than_the_delay_does_not_stop_the_car() -> None:
    house = Solar()
    house.run(6000.0, 120)
    clouded = house.run(1000.0, 120)
    assert (clouded.max_current_a, clouded.reason.code) == (6.0, ReasonCode.SURPLUS_ENDING)
    assert house.run(6000.0, 60).reason.code is ReasonCode.SURPLUS
    assert not house.run(1000.0, 240).charging


def test_a_charge_that_runs_when_hearth_comes_is_not_interrupted_for_want_of_memory() -> None:
    wanted = one(charging(9.0), grid(9 * 690.0 + 3000), mode=ChargerMode.SOLAR)
    assert (wanted.charging, wanted.reason.code) == (True, ReasonCode.SURPLUS_ENDING)


def test_the_next_car_starts_without_the_memory_of_the_last_one() -> None:
    house = Solar()
    house.run(6000.0, 120)
    gone = snapshot(charger(house.now, PowerDelivery.UNPLUGGED), grid(0.0, house.now))
    memory = decide(gone, wishes(ChargerMode.SOLAR), SETTINGS, house.memory, house.now).memory
    house.memory, house.amps = memory, 0.0
    assert not house.run(1000.0, 30).charging


def test_minimum_plus_sun_never_pauses() -> None:
    house = Solar(ChargerMode.MIN_SOLAR)
    assert house.run(-500.0, 120).max_current_a == 6.0
    assert house.run(8000.0, 120).max_current_a == pytest.approx(11.5)
    assert house.run(0.0, 120).max_current_a == 6.0


def test_the_car_goes_before_the_battery_and_is_never_fed_by_it() -> None:
    for battery_w, charges in ((5000.0, True), (-5000.0, False)):
        memory, now = Memory(), NOON
        for second in range(0, 80, 5):
            now = NOON.later(second)
            parts = (charger(now), grid(0.0, now), battery(now, power_w=battery_w))
            wanted = wishes(ChargerMode.SOLAR)
            decision = decide(snapshot(*parts), wanted, SETTINGS, memory, now)
            memory = decision.memory
        assert target(decision).charging is charges


def test_a_lost_charger_does_not_stop_the_sun_for_the_others() -> None:
    memory = Memory()
    for second in range(0, 80, 5):
        now = NOON.later(second)
        lost = replace(charging(10.0, now, CARPORT), reachable=False)
        parts = (charger(now), grid(-5000.0, now), lost)
        wanted = wishes(ChargerMode.SOLAR)
        decision = decide(snapshot(*parts), wanted, TWO, memory, now)
        memory = decision.memory
    assert target(decision).charging


def test_without_a_grid_meter_solar_waits_and_says_why() -> None:
    blind = replace(SETTINGS, grid_meter=None)
    decision = decide(snapshot(charger()), wishes(ChargerMode.SOLAR), blind, Memory(), NOON)
    assert target(decision).reason.code is ReasonCode.SURPLUS_UNKNOWN
    fast = decide(snapshot(charger()), wishes(), blind, Memory(), NOON)
    assert target(fast).max_current_a == 16.0


def test_the_battery_is_left_alone_unless_told() -> None:
    house = snapshot(battery(soc_percent=50.0))
    assert STORE not in decide(house, wishes(), SETTINGS, Memory(), NOON).targets
    told = wishes().with_battery(STORE, BatteryWish(mode=BatteryMode.IDLE))
    wanted = decide(house, told, SETTINGS, Memory(), NOON).targets[STORE]
    assert isinstance(wanted, BatteryTarget)
    assert wanted.mode is BatteryMode.IDLE


def test_forced_discharge_ends_at_the_owners_reserve() -> None:
    told = wishes().with_battery(STORE, BatteryWish(mode=BatteryMode.EXPORT_FOCUS))
    low = snapshot(battery(soc_percent=20.8, discharge_limit_percent=20.0))
    wanted = decide(low, told, SETTINGS, Memory(), NOON).targets[STORE]
    assert isinstance(wanted, BatteryTarget)
    assert (wanted.mode, wanted.owner) == (BatteryMode.SELF_RELIANCE, Owner.SAFETY)


def test_the_journal_tells_a_change_of_decision_once() -> None:
    memory, told = Memory(), 0
    for second in range(0, 100, 10):
        now = NOON.later(second)
        decision = decide(snapshot(charger(now), grid(0.0, now)), wishes(), SETTINGS, memory, now)
        memory, told = decision.memory, told + len(decision.journal)
    assert told == 1


def test_a_charge_that_goes_on_is_not_told_with_every_cloud() -> None:
    memory, told = Memory(), list[tuple[float, str]]()
    for second in range(0, 900, 10):
        now = NOON.later(second)
        code = ReasonCode.PLAN_SUN if second % 20 else ReasonCode.PLAN_CHARGE
        charging = second < 700
        reason = Reason(code=code if charging else ReasonCode.PLAN_WAIT, sentence="why")
        order = Order(charging=charging, owner=Owner.SMART_CHARGING, reason=reason, by="a plan")
        house, orders = snapshot(charger(now), grid(0.0, now)), {GARAGE: order}
        decision = decide(house, wishes(), SETTINGS, memory, now, orders)
        memory = decision.memory
        told += [(second, entry.reason.code) for entry in decision.journal]
    assert len(told) <= 5
    assert told[-1] == (700, ReasonCode.PLAN_WAIT)


def test_memory_survives_json_and_forgets_timers_of_another_boot() -> None:
    house = Solar()
    house.run(6000.0, 90)
    kept = Memory.from_json(house.memory.to_json(), same_boot=True)
    assert kept.chargers == house.memory.chargers
    other = Memory.from_json(house.memory.to_json(), same_boot=False).chargers[GARAGE]
    assert other.surplus_since_mono_s is None
    assert other.limit_a == house.memory.chargers[GARAGE].limit_a


def on_phases(phases: int) -> dict[LineId, float]:
    return {LineId(f"L{p}"): 1.0 for p in range(1, phases + 1)} | {LineId("W"): 230.0 * phases}


def room_of(l1_a: float, l2_a: float, l3_a: float) -> dict[LineId, float]:
    return {LineId("L1"): l1_a, LineId("L2"): l2_a, LineId("L3"): l3_a}


amps = st.floats(0, 40)
lines = st.fixed_dictionaries(
    {}, optional={LineId(n): amps for n in ("L1", "L2", "L3")} | {LineId("W"): st.floats(0, 30_000)}
)
want = st.builds(
    lambda n, most, least, now, phases: Want(
        device=DeviceId(f"c{n}"), amps=most, min_a=least, now_a=now, loads=on_phases(phases)
    ),
    st.integers(0, 99), amps, st.sampled_from([6.0, 8.0]), amps, st.sampled_from([1, 2, 3]),
)  # fmt: skip


@given(
    st.lists(want, max_size=6, unique_by=lambda w: w.device),
    lines,
)
def test_what_is_given_fits_the_room_and_the_wishes(
    wants: list[Want], room: dict[LineId, float]
) -> None:
    given_a = fit(wants, room)
    for line, most in room.items():
        assert sum(given_a[w.device] * w.loads.get(line, 0.0) for w in wants) <= most + 1e-6
    for w in wants:
        assert given_a[w.device] == 0 or w.min_a - 0.1 <= given_a[w.device] <= w.amps + 1e-6


def test_what_is_left_is_shared_evenly() -> None:
    wants = [
        Want(device=d, amps=16, min_a=6, now_a=0, loads=on_phases(3)) for d in (GARAGE, CARPORT)
    ]
    assert fit(wants, room_of(25.0, 25.0, 25.0)) == {GARAGE: 12.5, CARPORT: 12.5}
    assert fit(wants, room_of(9.0, 25.0, 25.0)) == {GARAGE: 9.0, CARPORT: 0.0}
    assert fit(wants, {LineId("W"): 9660.0}) == {GARAGE: 7.0, CARPORT: 7.0}


TWO = replace(
    SETTINGS,
    devices=(*DEVICES, info(CARPORT, DeviceKind.CHARGER)),
    chargers={GARAGE: ChargerSettings(), CARPORT: ChargerSettings()},
)
BOTH = Wishes(chargers={d: ChargerWish(mode=ChargerMode.FAST) for d in (GARAGE, CARPORT)})


@examples(30)
@given(
    st.lists(st.floats(0, 22), min_size=3, max_size=12),
    st.integers(1, 8),
    st.integers(1, 4),
)
def test_two_cars_and_a_restless_house_stay_under_the_fuse(
    loads_a: list[float], car_lag: int, sample_every: int
) -> None:
    """Cars follow with a lag, chargers report now and then; 15 s after each change of load,
    and for good, the phase is under its fuse unless the house alone is over it."""
    memory, now = Memory(), NOON
    draws = {GARAGE: 0.0, CARPORT: 0.0}
    queue: list[dict[DeviceId, float]] = []
    cars: dict[DeviceId, ChargerReading] = {d: charger(now, device=d) for d in draws}
    for load in loads_a:
        for second in range(60):
            now = now.later(1)
            total_a = load + sum(draws.values())
            if second > car_lag + 15:
                assert total_a <= max(25.0, load) + 0.2
            if second % sample_every == 0:
                cars = {d: sample(d, draws[d], now) for d in draws}
            house = snapshot(grid(total_a * 690.0, now), *cars.values())
            decision = decide(house, BOTH, TWO, memory, now)
            memory = decision.memory
            queue.append({d: getattr(decision.targets[d], "max_current_a", 0.0) for d in draws})
            if len(queue) > car_lag:
                draws.update(queue.pop(0))


def sample(device: DeviceId, amps_now: float, now: Now) -> ChargerReading:
    return charging(amps_now, now, device) if amps_now else charger(now, device=device)


def test_a_charger_that_may_give_less_than_a_car_can_take_gives_nothing_and_says_so() -> None:
    weak = replace(SETTINGS, chargers={GARAGE: ChargerSettings(min_a=6.0, max_a=5.0)})
    for wanted in (wishes(), wishes(manual=True)):
        told = target(decide(snapshot(charger(), grid(0.0)), wanted, weak, Memory(), NOON))
        assert not told.charging
        assert "less than a car can take" in told.reason.sentence


@pytest.mark.parametrize("state", [PowerDelivery.NO_POWER, PowerDelivery.COMPLETE])
@pytest.mark.parametrize(
    ("mode", "may"),
    [
        (ChargerMode.FAST, "up to 16 A, as fast as allowed: the mode is fast."),
        (ChargerMode.MIN_SOLAR, "the minimum of 6 A: 0 W of sun is left over."),
    ],
)
def test_of_a_full_car_nobody_says_that_it_charges(
    state: PowerDelivery, mode: ChargerMode, may: str
) -> None:
    wanted = one(charger(state=state), grid(0.0), mode=mode)
    assert wanted.charging
    assert wanted.reason.sentence == f"The car takes nothing; it may charge at {may}"


PLANNED = Order(
    charging=True,
    owner=Owner.SMART_CHARGING,
    reason=Reason(code=ReasonCode.PLAN_CHARGE, sentence="Charging at 11.0 kW: it is cheap."),
    by="a plan",
)


def _lately(state: PowerDelivery, house_w: float = 0.0) -> list[str]:
    """What is told of a planned car, minute by minute."""
    memory, told = Memory(), []
    for minute in range(130):
        now = NOON.later(60 * minute)
        house = snapshot(charger(now, state), grid(house_w, now))
        decision = decide(house, wishes(), SETTINGS, memory, now, {GARAGE: PLANNED})
        told.append(target(decision).reason.sentence)
        memory = decision.memory
    return told


def test_of_a_planned_car_that_takes_nothing_it_is_told_for_how_long() -> None:
    told = _lately(PowerDelivery.NO_POWER)
    assert told[0] == "The car takes nothing; it may charge at 11.0 kW: it is cheap."
    assert told[5] == "The car has taken nothing for 5 min; it may charge at 11.0 kW: it is cheap."
    assert told[59].startswith("The car has taken nothing for 55 min;")
    assert told[129].startswith("The car has taken nothing for 2 h;")
    assert len(set(told)) == 1 + 1 + 11 + 2


def test_of_a_planned_car_that_does_not_begin_it_is_told_after_two_minutes() -> None:
    told = _lately(PowerDelivery.STOPPED)
    assert told[:3] == ["Charging at 11.0 kW: it is cheap."] * 3
    assert told[4] == (
        "It has not begun to charge for some minutes; it may charge at 11.0 kW: it is cheap."
    )
    assert _lately(PowerDelivery.CHARGING)[5] == "Charging at 11.0 kW: it is cheap."


def test_a_limit_does_not_claim_either_that_a_car_charges_which_takes_nothing() -> None:
    told = _lately(PowerDelivery.NO_POWER, 10_000.0)
    assert told[0].startswith("The car takes nothing; it may charge at 9.5 A: the main fuse")
    assert told[5].startswith("The car has taken nothing for 5 min; it may charge at 9.5 A: the")


def test_a_car_that_has_yet_to_begin_is_told_to_charge() -> None:
    wanted = one(charger(), grid(0.0), mode=ChargerMode.FAST)
    assert wanted.reason.sentence.startswith("Charging at up to 16 A")
