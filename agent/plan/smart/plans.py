"""Plans: how one is made, how it follows what becomes of it, and how it ends. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from agent.model.clock import Now
from agent.model.smart import FailureCondition, SmartPlan, SmartState, Window, Windows
from agent.plan.smart.case import Case
from agent.plan.smart.memory import Mind
from agent.plan.smart.wanting import Want
from agent.plan.smart.window import mean_price

LATE_SHARE = 0.15
SHORTEST = timedelta(minutes=15)
SAME = timedelta(minutes=5)
"""Estimates that move by less are not worth a word."""
SAME_COST = 0.01
_FAMILY = UUID("6c6f6164-7368-6966-7465-642068656172")


def made(
    case: Case, want: Want, deadline: datetime, now: Now, former: SmartPlan | None
) -> SmartPlan:
    """A plan that begins now.

    Args:
        former: the device's last one; two plans of one instant are two plans.
    """
    windows = want.windows
    start_at = now.at if want.charging else windows[0].start if windows else None
    lasts_s = case.need.duration_s if case.need is not None else None
    latest = None if want.charging else case.latest_start(deadline)
    begins_at = now.at if latest is None else max(now.at, latest)
    finish_at = windows[-1].stop if windows else begins_at + timedelta(seconds=lasts_s or 0.0)
    cost, non_smart_cost = _costs(case, want, now)
    return SmartPlan(
        id=_id(case, now, former),
        device=case.device,
        location=case.place,
        currency=case.prices.currency if case.prices is not None else "EUR",
        created_at=now.at,
        deadline=deadline,
        stop_at=now.at,
        start_at=start_at,
        estimated_finish_at=finish_at,
        first_start_at=start_at,
        first_finish_at=finish_at,
        non_smart_cost=non_smart_cost,
        smart_cost=cost,
        windows=windows,
    )


def _id(case: Case, now: Now, former: SmartPlan | None) -> str:
    after = former.id if former is not None and former.created_at == now.at else ""
    return str(uuid5(_FAMILY, f"{case.device} {now.at.isoformat()} {after}".rstrip()))


def refreshed(plan: SmartPlan, mind: Mind, case: Case, want: Want, now: Now) -> SmartPlan:
    """The plan with what is expected of it by now."""
    windows = want.windows or plan.windows
    if not _alike(plan.windows, windows, now.at):
        plan = replace(plan, windows=windows)
    if windows and abs(windows[-1].stop - plan.estimated_finish_at) >= SAME:
        plan = replace(plan, estimated_finish_at=windows[-1].stop)
    if plan.start_confirmed_at is None and windows:
        start_at = max(windows[0].start, plan.created_at)
        late = want.charging and plan.start_at is not None and plan.start_at <= now.at
        if not late and (plan.start_at is None or abs(start_at - plan.start_at) >= SAME):
            plan = replace(plan, start_at=start_at)
    if plan.first_start_at is None and plan.start_at is not None:
        plan = replace(plan, first_start_at=plan.start_at)
    rest, non_smart_cost = _costs(case, want, now)
    if plan.non_smart_cost is None and plan.start_confirmed_at is None:
        plan = replace(plan, non_smart_cost=non_smart_cost)
    if rest is None or mind.spent is None:
        return plan if mind.spent is not None else replace(plan, smart_cost=None)
    cost = round(mind.spent + rest, 4)
    if plan.smart_cost is None or abs(cost - plan.smart_cost) >= SAME_COST:
        plan = replace(plan, smart_cost=cost)
    return plan


def watched(mind: Mind, case: Case, now: Now) -> Mind:
    """Note when charging was first seen to stop and to start.

    A plan confirms what it wanted itself, and each change that anybody made under it; what was so
    when it was made, and against its will, is none.
    """
    plan, charging = mind.plan, case.condition.charging
    if plan is None or charging is None:
        return mind
    wanted = mind.phase.charging if mind.phase is not None else None
    turned = mind.charging is not None and mind.charging is not charging
    if charging is wanted or turned:
        if charging and plan.start_confirmed_at is None:
            plan = replace(plan, start_confirmed_at=now.at)
        elif not charging and plan.stop_confirmed_at is None and not case.full:
            plan = replace(plan, stop_confirmed_at=now.at)
    if plan is mind.plan and charging is mind.charging:
        return mind
    return replace(mind, plan=plan, charging=charging)


def ended(
    plan: SmartPlan,
    state: SmartState,
    spent: float | None,
    now: Now,
    condition: FailureCondition | None = None,
) -> SmartPlan:
    """The plan with its end, and with what it did cost."""
    cost = None if spent is None else round(spent, 4)
    needed = plan.start_confirmed_at is not None
    if state is SmartState.FINISHED and needed and is_late(plan, now.at):
        condition = FailureCondition.FINISHED_LATE
    return replace(
        plan, ended_at=now.at, final_state=state, failure_condition=condition, smart_cost=cost
    )


def is_late(plan: SmartPlan, at: datetime) -> bool:
    """Whether a plan that finishes now is more than 15 % late, by its first estimate."""
    begins = plan.first_start_at or plan.created_at
    expected = max(SHORTEST, plan.first_finish_at - begins)
    return (at - plan.first_finish_at) / expected > LATE_SHARE


def _costs(case: Case, want: Want, now: Now) -> tuple[float | None, float | None]:
    """Of what is still to be charged: by the plan, and at once."""
    need, prices, advice = case.need, case.prices, case.advice
    if want.awaiting:  # what it will cost nobody knows
        return None, None if advice is None else advice.non_smart_cost
    if case.policy.windows is not Windows.SINGLE and advice is not None:
        return advice.cost, advice.non_smart_cost
    energy_wh, lasts_s = (need.energy_wh, need.duration_s) if need is not None else (None, None)
    if prices is None or energy_wh is None or lasts_s is None:
        return None, None
    at_once = mean_price(prices, Window(start=now.at, stop=now.later(lasts_s).at))
    planned = mean_price(prices, want.windows[0]) if want.windows else None
    return _times(planned, energy_wh), _times(at_once, energy_wh)


def _times(per_kwh: float | None, energy_wh: float) -> float | None:
    return None if per_kwh is None else per_kwh * energy_wh / 1000


def _alike(old: tuple[Window, ...], new: tuple[Window, ...], at: datetime) -> bool:
    """Whether the windows to come are the same; the one under way began whenever it did."""
    ahead = [each for each in old if each.stop > at]
    if len(ahead) != len(new):
        return False
    return all(
        abs(max(one.start, at) - max(other.start, at)) < SAME and abs(one.stop - other.stop) < SAME
        for one, other in zip(ahead, new, strict=True)
    )
