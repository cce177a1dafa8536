"""What smart charging tells the people of the house."""

from datetime import datetime

from agent.model.clock import Now
from agent.model.smart import FailureCondition, SmartPlan, SmartState
from agent.model.targets import Input, Reason, ReasonCode
from agent.plan.schedule_words import clock
from agent.plan.smart.case import Case


def called(case: Case) -> str:
    """The policy in words that follow "steered by"."""
    return f"smart charging of {case.info.name}"


def figures(case: Case) -> dict[str, Input]:
    """What a car needs."""
    need = case.need
    if need is None:
        return {}
    rounded: dict[str, Input] = {"limit_percent": need.limit_percent}
    if need.level_percent is not None:
        rounded["level_percent"] = round(need.level_percent, 1)
    if need.energy_wh is not None:
        rounded |= {"needed_wh": round(need.energy_wh), "full_power_w": round(need.power_w)}
    return rounded


def _reason(code: ReasonCode, text: str, case: Case, changes_at: datetime | None = None) -> Reason:
    return Reason(code=code, sentence=text, inputs=figures(case), changes_at=changes_at)


def minimum(case: Case) -> Reason:
    level = case.need.level_percent if case.need is not None else None
    text = (
        f"Charging at any price: {case.info.name} is at {level or 0:.0f} % and shall have"
        f" {case.minimum_percent:.0f} % at once."
    )
    return _reason(ReasonCode.SMART_MINIMUM, text, case)


def ready(case: Case, deadline: datetime, now: Now) -> Reason:
    when = clock(deadline, case.timezone, now.at)
    if now.at >= deadline:
        text = f"Charging at full power: {case.info.name} should have been full at {when}."
    else:
        text = f"Charging at full power, so that {case.info.name} is full by {when}."
    return _reason(ReasonCode.SMART_READY, text, case)


def steady(case: Case, until: datetime, *, charging: bool, now: Now) -> Reason:
    when = clock(until, case.timezone, now.at)
    if charging:
        text = f"Charging on until {when}: a stretch once begun lasts a while."
        return _reason(ReasonCode.SMART_CHARGE, text, case, until)
    text = f"Not charging until {when}: a pause once begun lasts a while."
    return _reason(ReasonCode.SMART_HOLD, text, case, until)


def unplanned(case: Case, *, charging: bool) -> Reason:
    code = ReasonCode.SMART_CHARGE if charging else ReasonCode.SMART_HOLD
    does = "Charging" if charging else "Not charging"
    return _reason(code, f"{does}, as before, until there is a new plan.", case)


def begun(case: Case) -> Reason:
    text = f"Charging until {case.info.name} is full: this is its cheapest time in one piece."
    return _reason(ReasonCode.SMART_CHARGE, text, case)


def waiting(case: Case, start: datetime, now: Now) -> Reason:
    when = clock(start, case.timezone, now.at)
    text = f"Not charging until {when}: the cheapest time in one piece begins then."
    return _reason(ReasonCode.SMART_HOLD, text, case, start)


def awaiting(case: Case, until: datetime, now: Now) -> Reason:
    when, name = clock(until, case.timezone, now.at), case.info.name
    text = f"Not charging: prices are still to come, and {name} can wait for them until {when}."
    return _reason(ReasonCode.SMART_HOLD, text, case, until)


def enough(case: Case) -> Reason:
    hours = (case.policy.duration_s or 0.0) / 3600
    lasts = "hour" if hours == 1 else f"{hours:g} hours"
    text = f"Not charging: {case.info.name} has charged for the {lasts} of this cycle."
    return _reason(ReasonCode.SMART_HOLD, text, case, case.deadline)


def yielding(case: Case, again: datetime | None, *, started: bool) -> Reason:
    does = "started" if started else "stopped"
    undo = "hold it back" if started else "go on with it"
    text = (
        f"Somebody {does} the charge of {case.info.name};"
        f" smart charging tries once more soon to {undo}."
    )
    return _reason(ReasonCode.SMART_YIELDS, text, case, again)


def left_alone(case: Case) -> Reason:
    text = f"Not charging: somebody stopped {case.info.name} twice; unplug it, or start it by hand."
    return _reason(ReasonCode.SMART_YIELDS, text, case)


def why_failed(plan: SmartPlan | None) -> str | None:
    """Of a plan that did; None of any other."""
    if plan is None or plan.final_state is not SmartState.FAILED:
        return None
    match plan.failure_condition:
        case FailureCondition.STOP_FAILED:
            return "it could not be stopped, so it simply charges"
        case FailureCondition.START_FAILED:
            return "it could not be started on any path; look at the charger and at the car"
        case FailureCondition.STOPPED_BY_USER:
            return "somebody stopped it in the car twice, so it is left alone until it is unplugged"
        case FailureCondition.STARTED_BY_USER:
            return "somebody started it twice, so it simply charges"
        case _:
            return None


def clamped(case: Case) -> str | None:
    """Why a minimum counts less than it was set; None if it does not."""
    if case.need is None or case.policy.minimum_percent <= case.need.limit_percent:
        return None
    return (
        f"the minimum of {case.policy.minimum_percent:g} % is above the limit of"
        f" {case.need.limit_percent:g} % that is set in {case.info.name}, so the limit counts;"
        " raise the limit in the car or lower the minimum"
    )
