"""What may not be fed in: roofs are turned down by that and no further, and set free again."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger import Ledger, step
from agent.model.clock import Now
from agent.model.intents import ChargerMode
from agent.model.limits import GridOrder, Scope
from agent.model.prices import Prices, Slot
from agent.model.readings import DeviceId, DeviceKind, InverterReading, MeterReading
from agent.model.snapshot import Snapshot
from agent.model.targets import ChargerTarget, InverterTarget, ReasonCode
from agent.model.wishes import Wishes
from agent.plan import Memory, decide
from agent.plan.abilities import shortcomings
from agent.plan.exporting import unwanted
from agent.plan.follow import follow
from agent.plan.moment import Guide, Moment
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import Problem
from agent.plan.settings import PlanSettings
from tests.examples import examples
from tests.unit.house import GARAGE, GRID, NOON, ROOF, SETTINGS, charger, grid, info, wishes
from tests.unit.house import snapshot as seen_of
from tests.unit.planning_problems import NOW, battery_of, steps_of

RATED_W = 10_000.0
SHED = DeviceId("shed")
ROOF_INFO = info(ROOF, DeviceKind.INVERTER, limitable=True, max_power_w=RATED_W)
CAPPED = replace(
    SETTINGS,
    devices=(SETTINGS.devices[0], SETTINGS.devices[1], ROOF_INFO),
    export_limit_w=3000.0,
)


def roof_of(
    power_w: float, now: Now = NOON, limit_w: float = RATED_W, device: DeviceId = ROOF
) -> InverterReading:
    return InverterReading(
        device=device,
        at=now.at,
        mono_s=now.mono_s,
        production_w=power_w,
        rated_power_w=RATED_W,
        production_limit_w=limit_w,
    )


def told(
    seen: Snapshot,
    memory: Memory | None = None,
    settings: PlanSettings = CAPPED,
    now: Now = NOON,
    wanted: Wishes | None = None,
) -> tuple[InverterTarget | None, Memory]:
    done = decide(seen, wanted or wishes(ChargerMode.OFF), settings, memory or Memory(), now)
    target = done.targets.get(ROOF)
    assert target is None or isinstance(target, InverterTarget)
    return target, done.memory


@dataclass
class House:
    """A roof that is read every 5 s and follows after 2 s, a meter that is read every second."""

    sun_w: Callable[[float], float]
    load_w: Callable[[float], float]
    settings: PlanSettings = CAPPED
    memory: Memory = field(default_factory=Memory)
    limit_w: float = RATED_W
    exported_w: list[float] = field(default_factory=list)
    gave_w: list[float] = field(default_factory=list)
    targets: list[InverterTarget | None] = field(default_factory=list)

    def run(self, seconds: int) -> None:
        coming: list[tuple[int, float]] = []
        roof, ledger = roof_of(0.0), Ledger()
        for second in range(seconds):
            now = NOON.later(second)
            while coming and coming[0][0] <= second:
                self.limit_w = coming.pop(0)[1]
            gives_w = min(self.sun_w(second), self.limit_w)
            grid_w = self.load_w(second) - gives_w
            self.exported_w.append(max(0.0, -grid_w))
            self.gave_w.append(gives_w)
            if second % 5 == 0:
                roof = roof_of(gives_w, now, self.limit_w)
            seen = seen_of(grid(grid_w, now), roof)
            target, self.memory = told(seen, self.memory, self.settings, now)
            self.targets.append(target)
            wanted = {} if target is None else {ROOF: target}
            sent = step(ledger, wanted, {ROOF: DeviceKind.INVERTER}, seen, now)
            ledger = sent.ledger
            for each in sent.send:
                assert isinstance(each, InverterTarget)
                power_w = RATED_W if each.max_power_w is None else each.max_power_w
                coming.append((second + 2, power_w))


def test_a_roof_gives_what_house_and_limit_take_and_no_more() -> None:
    house = House(lambda _s: 8000.0, lambda s: 1000.0 if s < 120 else 3500.0)
    house.run(240)
    assert all(power_w <= 3000.0 for power_w in house.exported_w[6:])
    assert all(power_w >= 3850.0 for power_w in house.gave_w[20:120])
    assert all(power_w >= 6350.0 for power_w in house.gave_w[150:])
    first = next(target for target in house.targets if target is not None)
    assert first.reason.code is ReasonCode.EXPORT_LIMIT
    assert first.reason.sentence == (
        "The sun is turned down to 4.0 kW: the export limit of 3 kW leaves no room for more; more"
        " use in the house lets it give more."
    )


def test_a_load_that_ends_is_answered_within_seconds() -> None:
    house = House(lambda _s: 8000.0, lambda s: 4000.0 if s < 100 else 500.0)
    house.run(160)
    assert max(house.exported_w[20:100]) <= 3000.0
    assert max(house.exported_w[104:]) <= 3000.0


def test_a_roof_that_gives_less_than_it_may_is_set_free_and_then_left_alone() -> None:
    house = House(lambda s: 8000.0 if s < 100 else 1500.0, lambda _s: 500.0)
    house.run(500)
    assert house.limit_w == RATED_W
    assert house.targets[-1] is None
    free = [target for target in house.targets if target and target.max_power_w is None]
    assert free[0].reason.code is ReasonCode.SUN_FREE


@examples(25)
@given(
    st.lists(st.tuples(st.integers(0, 9000), st.integers(100, 6000)), min_size=2, max_size=5),
    st.sampled_from([0.0, 1000.0, 5000.0]),
)
def test_whatever_sun_and_house_do_the_limit_is_kept_but_for_seconds(
    stretches: list[tuple[int, int]], limit_w: float
) -> None:
    def of(part: int) -> Callable[[float], float]:
        return lambda s: float(stretches[min(int(s) // 60, len(stretches) - 1)][part])

    plan = replace(CAPPED, export_limit_w=limit_w)
    house = House(of(0), of(1), plan)
    house.run(60 * len(stretches))
    for second, power_w in enumerate(house.exported_w):
        if second % 60 > 10:
            assert power_w <= limit_w + 1.0, second
    for begin in range(0, len(house.gave_w), 60):
        sun_w, load_w = stretches[begin // 60]
        assert house.gave_w[begin + 59] >= min(sun_w, load_w + limit_w) - 200.0


def test_while_the_meter_is_silent_no_more_than_the_limit_is_given() -> None:
    assert told(seen_of(roof_of(8000.0)))[0] is None  # Hearth has just been started
    lost = MeterReading(device=GRID, at=NOON.at, mono_s=NOON.mono_s, reachable=False)
    target, _ = told(seen_of(roof_of(8000.0), lost))
    assert target is not None
    assert target.max_power_w == 3000.0
    assert "the grid meter is silent" in target.reason.sentence


def test_an_order_of_the_grid_operator_holds_until_it_ends() -> None:
    order = GridOrder(
        id="1",
        source="box",
        scope=Scope.METER,
        export_w=0.0,
        began_at=NOON.at,
        ends_at=NOON.at + timedelta(seconds=60),
    )
    wanted = replace(wishes(ChargerMode.OFF), grid_orders=(order,))
    plan = replace(CAPPED, export_limit_w=None)
    memory = Memory()
    seen = seen_of(grid(-4000.0), roof_of(5000.0))
    target, memory = told(seen, memory, plan, wanted=wanted)
    assert target is not None
    assert (target.max_power_w, target.reason.code) == (950.0, ReasonCode.GRID_OPERATOR)
    later = NOON.later(61)
    held = seen_of(grid(0.0, later), roof_of(950.0, later, 950.0))
    target, memory = told(held, memory, plan, later, wanted)
    assert target is not None
    assert target.max_power_w is None
    free = seen_of(grid(-4000.0, later), roof_of(5000.0, later))
    assert told(free, memory, plan, later, wanted)[0] is None


def test_two_roofs_share_by_what_they_are_rated() -> None:
    small = info(SHED, DeviceKind.INVERTER, limitable=True, max_power_w=5000.0)
    plan = replace(CAPPED, devices=(*CAPPED.devices, small))
    shed = replace(roof_of(2000.0, device=SHED), rated_power_w=5000.0)
    seen = seen_of(grid(-7000.0), roof_of(6000.0), shed)
    done = decide(seen, wishes(ChargerMode.OFF), plan, Memory(), NOON)
    limits = [t.max_power_w for t in done.targets.values() if isinstance(t, InverterTarget)]
    assert limits == [3950.0 * 2 / 3, 3950.0 / 3]


def test_a_car_takes_the_sun_that_is_turned_down_before_it_is_lost() -> None:
    """At the limit the meter shows 3 kW to spare, and the car needs 4.1; the roof has 4 more."""
    memory, starts = Memory(), []
    for second in range(0, 200, 5):
        now = NOON.later(second)
        limit_w = RATED_W if memory.sun.limit_w is None else memory.sun.limit_w
        gives_w = min(8000.0, limit_w)
        seen = seen_of(grid(500.0 - gives_w, now), roof_of(gives_w, now, limit_w), charger(now))
        done = decide(seen, wishes(ChargerMode.SOLAR), CAPPED, memory, now)
        memory, car = done.memory, done.targets[GARAGE]
        assert isinstance(car, ChargerTarget)
        starts.append(car.max_current_a)
    assert starts[-1] is not None
    assert starts[-1] * 690 > 7000


def test_what_the_sun_gives_to_a_car_is_allowed() -> None:
    house = House(lambda _s: 8000.0, lambda s: 500.0 if s < 60 else 7400.0)
    house.run(120)
    assert house.gave_w[-1] == 8000.0


def test_a_roof_within_the_limit_is_left_alone() -> None:
    assert told(seen_of(grid(-2900.0), roof_of(8000.0)))[0] is None


def test_what_may_not_be_fed_in_is_stored_before_it_is_lost() -> None:
    """Feeding in would pay more than what is stored saves, but no more may be fed in."""
    steps = steps_of([0.30] * 8, export_per_kwh=0.50)
    problem = Problem(steps=steps, battery=battery_of(), fuse_a=24.0)
    worth = replace(fill(problem), battery_worth=(0.2,) * 8, battery_w=(0.0,) * 8)
    moment = Moment(
        at=NOW,
        load_w=500.0,
        sun_w=8000.0,
        load_high_w=500.0,
        import_per_kwh=0.30,
        export_per_kwh=0.50,
        battery=battery_of(),
        fuse_a=24.0,
    )
    guide = Guide(problem=problem, solution=worth, revision="1")
    assert follow(moment, guide).battery_w == 0
    limited = replace(moment, export_limit_w=3000.0, curtailable=True)
    assert follow(limited, guide).battery_w == 4500.0


@pytest.mark.parametrize(("per_kwh", "feeds", "limited"), [
    (-0.02, False, True), (-0.02, True, False), (0.02, False, False), (None, False, False),
])  # fmt: skip
def test_sun_that_costs_money_is_fed_in_unless_the_installer_says_no(
    per_kwh: float | None,
    feeds: bool,  # noqa: FBT001
    limited: bool,  # noqa: FBT001
) -> None:
    plan = replace(CAPPED, export_limit_w=None, feeds_below_zero=feeds)
    hour = timedelta(hours=1)
    slot = Slot(start=NOON.at, end=NOON.at + hour, import_per_kwh=0.1, export_per_kwh=per_kwh)
    costs = unwanted(plan, Prices(currency="EUR", slots=(slot,)), NOON)
    seen = seen_of(grid(-4000.0), roof_of(5000.0))
    done = decide(seen, wishes(ChargerMode.OFF), plan, Memory(), NOON, feed_in_unwanted=costs)
    assert (ROOF in done.targets) is limited


def test_a_roof_that_cannot_be_turned_down_is_named_once() -> None:
    fixed = info(ROOF, DeviceKind.INVERTER)
    plan = replace(CAPPED, devices=(fixed,))
    (sentence,) = shortcomings(plan)
    assert sentence.startswith("roof cannot be turned down by Hearth")
    assert list(shortcomings(CAPPED)) == []
    assert list(shortcomings(replace(plan, export_limit_w=None))) == []
    assert decide(seen_of(grid(-9000.0)), wishes(), plan, Memory(), NOON).targets == {}
