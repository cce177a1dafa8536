"""Houses for the tests of the planner: drawn by hypothesis, and easy ones to reason about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from agent.model.readings import DeviceId
from agent.plan.optimise.problem import BatteryTask, CarTask, Deadline, Problem, Step

NOW = datetime(2026, 5, 1, 17, tzinfo=UTC)
CAR = DeviceId("car")


def steps_of(
    prices: list[float],
    load_w: float = 500.0,
    sun_w: tuple[float, ...] = (),
    export_per_kwh: float = 0.04,
    duration_s: float = 3600.0,
    spread_w: float = 0.0,
) -> tuple[Step, ...]:
    """One step per price; the sun is 0 where none is given."""
    return tuple(
        Step(
            start=NOW + timedelta(seconds=duration_s * t),
            duration_s=duration_s,
            import_per_kwh=price_per_kwh,
            export_per_kwh=export_per_kwh,
            load_w=load_w,
            sun_w=sun_w[t] if t < len(sun_w) else 0.0,
            load_high_w=load_w + spread_w,
            sun_low_w=0.0,
        )
        for t, price_per_kwh in enumerate(prices)
    )


def car_of(need_wh: float = 10_000.0, hours_left: float | None = 10.0, **other: object) -> CarTask:
    """A three-phase car of 60 kWh that is `need_wh` from full."""
    due = () if hours_left is None else (NOW + timedelta(hours=hours_left),)
    car = CarTask(
        device=CAR,
        level_wh=60_000.0 - need_wh,
        limit_wh=60_000.0,
        minimum_wh=0.0,
        min_w=4140.0,
        max_w=11_000.0,
        phases=3,
        efficiency=0.9,
        deadlines=tuple(Deadline(at=at, level_wh=60_000.0) for at in due),
    )
    return replace(car, **other)  # type: ignore[arg-type]


def battery_of(level_wh: float = 5000.0, **other: object) -> BatteryTask:
    battery = BatteryTask(
        level_wh=level_wh,
        least_wh=1000.0,
        most_wh=10_000.0,
        max_charge_w=5000.0,
        max_discharge_w=5000.0,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
    )
    return replace(battery, **other)  # type: ignore[arg-type]


def _power(most_w: float) -> st.SearchStrategy[float]:
    return st.floats(0, most_w).map(lambda value: round(value, 1))


def _later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=round(seconds))


@st.composite
def a_step(draw: st.DrawFn, start: datetime, duration_s: float) -> Step:
    load_w, sun_w = draw(_power(6000)), draw(st.just(0.0) | _power(12_000))
    price_per_kwh = round(draw(st.floats(-0.1, 0.9)), 4)
    return Step(
        start=start,
        duration_s=duration_s,
        import_per_kwh=price_per_kwh,
        export_per_kwh=draw(st.just(0.04) | st.just(price_per_kwh - 0.12)),
        load_w=load_w,
        sun_w=sun_w,
        load_high_w=load_w + draw(_power(4000)),
        sun_low_w=sun_w * draw(st.floats(0, 1)),
        import_limit_w=draw(st.none() | st.sampled_from([0.0, 4200.0, 9000.0])),
        export_limit_w=draw(st.none() | st.none() | st.sampled_from([0.0, 3000.0])),
        known=draw(st.booleans()),
    )


@st.composite
def a_car(draw: st.DrawFn, number: int, whole_s: float) -> CarTask:
    phases = draw(st.sampled_from([1, 2, 3]))
    limit_wh = draw(_power(60_000))
    due = sorted(draw(st.lists(st.floats(-3600, whole_s + 7200), max_size=2)))
    return CarTask(
        device=DeviceId(f"car {number}"),
        level_wh=draw(_power(70_000)),
        limit_wh=limit_wh,
        minimum_wh=draw(st.just(0.0) | _power(70_000)),
        min_w=1380.0 * phases,
        max_w=draw(st.sampled_from([1380.0, 2300.0, 3680.0])) * phases,
        phases=phases,
        first_phase=draw(st.integers(1, 3)),
        efficiency=draw(st.sampled_from([0.85, 0.9, 1.0])),
        deadlines=tuple(
            Deadline(at=NOW + timedelta(seconds=round(s)), level_wh=draw(_power(60_000)))
            for s in due
        ),
        sun_only=draw(st.booleans()),
        charging=draw(st.booleans()),
        charging_s=draw(_power(4000)),
        circuit=draw(st.sampled_from(["", "garage", "nowhere"])),
        arrives=draw(st.none() | st.floats(0, whole_s).map(_later)),
    )


@st.composite
def a_battery(draw: st.DrawFn) -> BatteryTask:
    most_wh = draw(_power(15_000))
    return BatteryTask(
        level_wh=draw(_power(15_000)),
        least_wh=round(most_wh * draw(st.floats(0, 1)), 1),
        most_wh=most_wh,
        max_charge_w=draw(_power(6000)),
        max_discharge_w=draw(_power(6000)),
        charge_efficiency=draw(st.sampled_from([0.8, 0.95, 1.0])),
        discharge_efficiency=draw(st.sampled_from([0.8, 0.95, 1.0])),
        from_grid=draw(st.booleans()),
        to_grid=draw(st.booleans()),
        feeds_cars=draw(st.booleans()),
    )


@st.composite
def a_problem(draw: st.DrawFn, most_steps: int = 30) -> Problem:
    durations_s = draw(
        st.lists(st.sampled_from([300.0, 900.0, 1800.0, 3600.0]), min_size=1, max_size=most_steps)
    )
    start, steps = NOW, list[Step]()
    for duration_s in durations_s:
        steps.append(draw(a_step(start, duration_s)))
        start += timedelta(seconds=duration_s)
    whole_s = sum(durations_s)
    return Problem(
        steps=tuple(steps),
        cars=tuple(draw(a_car(n, whole_s)) for n in range(draw(st.integers(0, 3)))),
        battery=draw(st.none() | a_battery()),
        phases=draw(st.sampled_from([1, 3])),
        fuse_a=draw(st.sampled_from([0.0, 16.0, 25.0, 63.0])),
        circuits_a=draw(st.just({}) | st.just({"garage": 16.0})),
        unbalanced_a=draw(st.none() | st.just(20.0)),
        curtailable=draw(st.booleans()),
        peak_per_kw=draw(st.sampled_from([0.0, 0.0, 4.0])),
        peak_free_w=draw(st.sampled_from([0.0, 2500.0])),
    )
