"""The part of the status document that tells of smart charging."""

from datetime import datetime
from typing import Any

from agent.bridges.charges import money
from agent.bridges.wire import instant, number
from agent.model.picture import Picture
from agent.model.smart import SmartPlan, SmartPolicy, SmartStatus
from agent.plan.calendar import readable
from agent.plan.smart.deadlines import next_deadline
from agent.plan.smart.spoken import say_deadlines


def smart_charging(picture: Picture) -> list[dict[str, Any]]:
    """Every vehicle, and each charger with a policy of its own, with how it stands."""
    return [_one(picture.smart[name], picture) for name in sorted(picture.smart)]


def _one(status: SmartStatus, picture: Picture) -> dict[str, Any]:
    policy = picture.policies.get(status.device) or SmartPolicy(target=status.device)
    plan = status.plan
    runs = plan is not None and plan.ended_at is None
    return {
        "deviceId": status.device,
        "isEnabled": policy.enabled,
        "deadlines": say_deadlines(policy.deadlines),
        "minimumChargeLimit": number(policy.minimum_percent, 0),
        "state": status.state.value,
        "stateChangedAt": instant(status.changed_at),
        "readyBy": instant(_ready_by(status, policy, picture)),
        "nextStartAt": instant(plan.next_start(picture.now.at)) if plan and runs else None,
        "plan": None if plan is None else _plan(plan),
        "problem": status.problem,
        "warning": status.warning,
    }


def _ready_by(status: SmartStatus, policy: SmartPolicy, picture: Picture) -> datetime | None:
    """By when it shall be full: what the plan works towards, else the next deadline; None while
    smart charging is off, and while nobody knows the time."""
    plan = status.plan
    if plan is not None and plan.ended_at is None:
        return plan.deadline
    if not policy.enabled or not picture.now.trusted:
        return None
    where = picture.locations.get(picture.where.get(status.device) or "")
    place = where or next(iter(picture.locations.values()), None)
    timezone = "UTC" if place is None else readable(place.timezone)
    return next_deadline(policy, picture.now.at, timezone)


def plan_said(plan: SmartPlan) -> dict[str, Any]:
    """The plan that runs, or the last one: what each document says of it, without money."""
    failure = plan.failure_condition
    return {
        "id": plan.id,
        "deadline": instant(plan.deadline),
        "estimatedFinishAt": instant(plan.estimated_finish_at),
        "endedAt": instant(plan.ended_at),
        "finalState": None if plan.final_state is None else plan.final_state.value,
        "failureCondition": None if failure is None else failure.value,
        "currency": plan.currency,
    }


def _plan(plan: SmartPlan) -> dict[str, Any]:
    return {
        **plan_said(plan),
        "startAt": instant(plan.start_at),
        "cost": money(plan.smart_cost),
        "costAtOnce": money(plan.non_smart_cost),
        "saving": money(plan.saving),
    }
