"""What the planner is asked for one car, from its policy and from what is known of it. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from agent.model.clock import Now
from agent.model.readings import DeviceId, DeviceKind
from agent.model.smart import SmartPolicy
from agent.plan.calendar import readable
from agent.plan.optimise.problem import CarTask, Deadline
from agent.plan.returning import expected_at, expected_task
from agent.plan.smart.case import Case, case_of
from agent.plan.smart.deadlines import deadlines_until
from agent.plan.smart.estimate import EFFICIENCY
from agent.plan.smart.memory import Mind, Rate, SmartMemory
from agent.plan.smart.starting import day_left_s, starts_today
from agent.plan.smart.view import SmartView

HORIZON = timedelta(hours=48)

LATELY_S = 2 * 86_400.0
"""A car that has not charged for longer is on a journey, or charges elsewhere."""


def car_task(
    policy: SmartPolicy,
    view: SmartView,
    memory: SmartMemory,
    now: Now,
    *,
    circuit: str = "",
    first_phase: int = 1,
) -> CarTask | None:
    """The planner's task for a car that is plugged in at a place of ours; None where there is
    nothing to plan: the policy is off, the car away, full or taken, its level or its clock unknown.

    A policy of a charger gives the task of a car that nobody knows: its battery is what the
    charger gives in the time that was asked for, empty when the cycle begins.

    Args:
        circuit, first_phase: where its charger hangs.
    """
    info = next((each for each in view.devices if each.id == policy.target), None)
    if info is None or not policy.enabled or not now.trusted:
        return None
    rate = memory.rates.get(info.id, Rate())
    mind = memory.minds.get(info.id, Mind())
    said = rate if mind.state.executing else rate.of_a_stranger
    case = case_of(policy, info, view, said, now)
    need, found = case.need, case.condition
    if need is None or need.level_percent is None or need.capacity_wh is None:
        return None
    at_home = found.plugged_in is True and case.away is False and case.steered is not None
    if not at_home or case.full or case.taken is not None or case.override is not None:
        return None
    each_wh = need.capacity_wh / 100
    limit_wh = need.limit_percent * each_wh
    until = now.at + HORIZON
    return CarTask(
        device=info.id,
        level_wh=need.level_percent * each_wh,
        limit_wh=limit_wh,
        minimum_wh=limit_wh if mind.must else case.minimum_percent * each_wh,
        min_w=need.min_w,
        max_w=max(need.power_w, need.min_w),
        phases=need.phases,
        first_phase=first_phase,
        efficiency=EFFICIENCY,
        deadlines=tuple(
            Deadline(at=at, level_wh=limit_wh) for at in _deadlines(case, policy, until, now)
        ),
        charging=found.charging is True,
        charging_s=_charging_s(mind, now),
        circuit=circuit,
        paused_s=_paused_s(mind, rate, now),
        min_on_s=policy.min_on_s,
        min_off_s=policy.min_off_s,
        starts=starts_today(rate, case.timezone, now.at),
        day_left_s=day_left_s(case.timezone, now.at),
    )


def expected_cars(
    policies: Mapping[DeviceId, SmartPolicy], view: SmartView, memory: SmartMemory, now: Now
) -> tuple[CarTask, ...]:
    """What plans reckon with for cars that are away and charged here lately, see returning.py. On
    which charger each will hang, nobody knows."""
    found = (_expected_car(policy, view, memory, now) for policy in policies.values())
    return tuple(each for each in found if each is not None)


def _expected_car(
    policy: SmartPolicy, view: SmartView, memory: SmartMemory, now: Now
) -> CarTask | None:
    info = next((each for each in view.devices if each.id == policy.target), None)
    rate = memory.rates.get(policy.target, Rate())
    vehicle = info is not None and info.kind is DeviceKind.VEHICLE
    if info is None or not vehicle or not policy.enabled or not now.trusted:
        return None
    if rate.rests_mono_s is None or now.mono_s - rate.rests_mono_s > LATELY_S:
        return None
    case = case_of(policy, info, view, rate, now)
    home = view.locations.get(view.home)
    zone = case.timezone if home is None else readable(home.timezone)
    arrives = expected_at(now.at, zone)
    if case.condition.plugged_in is not False or case.need is None or arrives is None:
        return None
    found = deadlines_until(policy, now.at, now.at + HORIZON, zone)
    return expected_task(
        info.id,
        arrives,
        found,
        min_w=case.need.min_w,
        max_w=max(case.need.power_w, case.need.min_w),
        phases=case.need.phases,
        efficiency=EFFICIENCY,
    )


def _deadlines(case: Case, policy: SmartPolicy, until: datetime, now: Now) -> tuple[datetime, ...]:
    """Those that count for this stay; of an unknown car's cycles only the one that runs."""
    found = deadlines_until(policy, now.at, until, case.timezone)
    return found if policy.duration_s is None else found[:1]


def _charging_s(mind: Mind, now: Now) -> float:
    phase = mind.phase
    if phase is None or not phase.charging or phase.agreed_mono_s is None:
        return 0.0
    return max(0.0, now.mono_s - phase.agreed_mono_s)


def _paused_s(mind: Mind, rate: Rate, now: Now) -> float | None:
    """None where nothing has been stopped yet that might wear out."""
    if mind.plan is None or mind.plan.start_confirmed_at is None or rate.rests_mono_s is None:
        return None
    return max(0.0, now.mono_s - rate.rests_mono_s)
