"""Whether what a plan was made for still stands, and whether a full car needs more again. Pure."""

from dataclasses import replace
from datetime import timedelta

from agent.model.clock import Now
from agent.model.readings import DeviceKind
from agent.model.smart import SmartPlan
from agent.plan.smart.case import REFUSES_S, Case
from agent.plan.smart.deadlines import next_deadline
from agent.plan.smart.memory import Mind

NEEDS_AGAIN_PERCENT = 4.0
"""A full car is charged again when so much is missing; levels are rounded and sag."""


def key_of(case: Case) -> str:
    """Names all that decides when the car shall be full."""
    once = case.policy.ready_at
    days = ",".join("-" if each is None else str(each) for each in case.policy.deadlines)
    return f"{days} {once.isoformat() if once else '-'} {case.timezone}"


def elsewhere(plan: SmartPlan, case: Case) -> bool:
    """Whether the car is somewhere else than where its plan was made."""
    if plan.location is None:
        return False
    return bool(case.away) or (case.place is not None and case.place != plan.location)


def stands(plan: SmartPlan, case: Case, now: Now) -> bool:
    """Whether the deadline of a plan is still one; that of a car that is late is past."""
    if now.at < plan.deadline:
        return case.deadline == plan.deadline
    before = plan.deadline - timedelta(microseconds=1)
    return next_deadline(case.policy, before, case.timezone) == plan.deadline


def has_enough(plan: SmartPlan, case: Case, now: Now) -> bool:
    """Whether the car needs no more of this plan. One that nobody knows and that takes nothing at
    the end of its cycle is left to the next one."""
    if case.full or (plan.start_confirmed_at is not None and case.stays_at_its_limit):
        return True
    return case.stranger and case.refused_s >= REFUSES_S and now.at >= plan.deadline


def filled(mind: Mind, case: Case) -> Mind:
    """Note how full it is as it needs no more."""
    need = case.need
    if need is None or need.level_percent is None:
        return mind
    level = min(need.level_percent, need.limit_percent)
    return replace(mind, full_percent=level, full_limit_percent=need.limit_percent)


def needs_again(mind: Mind, case: Case) -> bool:
    """Whether a full car has to be charged once more: so much was taken from it, or is wanted
    beyond. An unknown car has what it wants until its next cycle, unless it charges again."""
    need = case.need
    if need is None or need.level_percent is None:
        return False
    if case.info.kind is not DeviceKind.VEHICLE:
        next_cycle = mind.plan is not None and mind.plan.deadline != case.deadline
        return next_cycle or case.condition.charging is True
    full = need.limit_percent if mind.full_percent is None else mind.full_percent
    limit = mind.full_limit_percent
    raised = limit is not None and need.limit_percent >= limit + NEEDS_AGAIN_PERCENT
    return raised or need.level_percent <= full - NEEDS_AGAIN_PERCENT
