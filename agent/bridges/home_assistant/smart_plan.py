"""What Home Assistant shows of a plan of smart charging, in its own words."""

from collections.abc import Mapping
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import Value, View
from agent.model.smart import SmartPlan, SmartState

STATE_WORDS: Final[Mapping[SmartState, str]] = {
    state: state.value.lower()
    .replace("plan:executing:stopped:", "")
    .replace("plan:executing:", "")
    .replace("plan:", "")
    .replace(":", "_")
    for state in SmartState
} | {SmartState.UNKNOWN: "not_possible"}  # unknown is a word of Home Assistant's own


def details(view: View) -> Value:
    """What is considered, and the plan with all its figures."""
    status = view.picture.smart.get(view.info.id)
    if status is None:
        return {}
    considered, plan = status.consideration, status.plan
    made: dict[str, object] = {
        "since": wire.instant(status.changed_at),
        "problem": status.problem,
        "warning": status.warning,
    }
    if considered is not None:
        made |= {
            "plugged_in": considered.plugged_in,
            "at_charging_location": considered.at_charging_location,
            "time_estimate": considered.has_time_estimate,
            "prices": considered.has_prices,
            "missing": considered.missing,
        }
    return made | ({} if plan is None else {"plan": _plan(plan)})


def _plan(plan: SmartPlan) -> dict[str, object]:
    return {
        "id": plan.id,
        "deadline": wire.instant(plan.deadline),
        "stop_at": wire.instant(plan.stop_at),
        "start_at": wire.instant(plan.start_at),
        "estimated_finish_at": wire.instant(plan.estimated_finish_at),
        "stop_confirmed_at": wire.instant(plan.stop_confirmed_at),
        "start_confirmed_at": wire.instant(plan.start_confirmed_at),
        "ended_at": wire.instant(plan.ended_at),
        "final_state": None if plan.final_state is None else STATE_WORDS[plan.final_state],
        "failure": plan.failure_condition and plan.failure_condition.value.lower(),
        "currency": plan.currency,
        "cost": money(plan.smart_cost),
        "cost_at_once": money(plan.non_smart_cost),
        "saving": money(plan.saving),
        "windows": [[wire.instant(each.start), wire.instant(each.stop)] for each in plan.windows],
    }


def money(amount: float | None) -> Value:
    return None if amount is None else wire.number(amount, 2)
