"""How the sun is given to several chargers: nobody charges on what somebody else has taken."""

from collections.abc import Sequence

from agent.model.intents import ChargerMode
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from agent.model.wishes import ChargerWish, Order, Wishes
from agent.plan import Memory, decide
from agent.plan.settings import ChargerSettings, PlanSettings
from tests.unit.house import (
    CARPORT,
    DEVICES,
    GARAGE,
    GRID,
    NOON,
    charger,
    charging,
    grid,
    info,
    snapshot,
)

TWO = PlanSettings(
    fuse_a=80.0,
    grid_meter=GRID,
    devices=(*DEVICES, info(CARPORT, DeviceKind.CHARGER)),
    chargers={GARAGE: ChargerSettings(priority=1), CARPORT: ChargerSettings()},
)
PLAN = Order(
    charging=True,
    owner=Owner.SMART_CHARGING,
    reason=Reason(code=ReasonCode.PLAN_CHARGE, sentence="The plan has it so."),
    by="smart charging of zoe",
    most_a=8.0,
)


def after(
    modes: Sequence[ChargerMode],
    sun_w: float,
    *,
    full: Sequence[DeviceId] = (),
    ordered: bool = False,
    most_a: float = 32.0,
) -> dict[DeviceId, float]:
    """What two cars are given after five minutes of a sun; cars follow at once.

    Args:
        most_a: what the car in the garage takes at the most.
    """
    memory, now, amps = Memory(), NOON, {GARAGE: 0.0, CARPORT: 0.0}
    wishes = Wishes(
        chargers={d: ChargerWish(mode=m) for d, m in zip((GARAGE, CARPORT), modes, strict=True)}
    )
    for _ in range(60):
        now = now.later(5)
        taken = {**amps, GARAGE: min(amps[GARAGE], most_a)}
        taken |= dict.fromkeys(full, 0.0)
        said: list[Reading] = [
            charging(each, now, device)
            if each
            else charger(
                now, PowerDelivery.NO_POWER if device in full else PowerDelivery.STOPPED, device
            )
            for device, each in taken.items()
        ]
        said.append(grid(sum(taken.values()) * 690.0 - sun_w, now))
        orders = {GARAGE: PLAN} if ordered else {}
        done = decide(snapshot(*said), wishes, TWO, memory, now, orders)
        memory = done.memory
        for device, told in done.targets.items():
            assert isinstance(told, ChargerTarget)
            amps[device] = (told.max_current_a or 0.0) if told.charging else 0.0
    return amps


def test_what_a_fast_car_draws_is_no_sun_for_the_other() -> None:
    assert after((ChargerMode.FAST, ChargerMode.SOLAR), 5000.0) == {GARAGE: 16.0, CARPORT: 0.0}


def test_what_a_plan_draws_is_no_sun_for_the_other() -> None:
    assert after((ChargerMode.SMART, ChargerMode.SOLAR), 5000.0, ordered=True)[CARPORT] == 0.0
    assert after((ChargerMode.SMART, ChargerMode.SOLAR), 11_000.0, ordered=True)[CARPORT] > 6.0


def test_a_full_car_leaves_the_sun_to_the_next_one() -> None:
    amps = after((ChargerMode.SOLAR, ChargerMode.SOLAR), 6000.0, full=(GARAGE,))
    assert amps[CARPORT] > 8.0


def test_what_a_small_car_does_not_take_goes_to_the_next_one() -> None:
    amps = after((ChargerMode.SOLAR, ChargerMode.SOLAR), 10_000.0, most_a=7.0)
    assert amps[CARPORT] > 6.0


def test_the_least_that_one_car_always_gets_is_no_sun_for_the_other() -> None:
    amps = after((ChargerMode.SOLAR, ChargerMode.MIN_SOLAR), 5000.0)
    assert amps[GARAGE] == 0.0
    assert amps[CARPORT] > 7.0


def test_beyond_that_the_sun_goes_by_priority() -> None:
    amps = after((ChargerMode.SOLAR, ChargerMode.MIN_SOLAR), 11_000.0)
    assert amps[GARAGE] > 9.0
    assert amps[CARPORT] == 6.0


def test_two_cars_get_no_more_than_the_sun() -> None:
    for sun_w in (3000.0, 5000.0, 8000.0, 12_000.0, 20_000.0):
        amps = after((ChargerMode.SOLAR, ChargerMode.SOLAR), sun_w)
        assert sum(amps.values()) * 690 <= sun_w
