"""The plan as `hearth plan` asks for it; see docs/planning.md. In kW and kWh; null = unknown."""

from typing import Any

from agent.bridges.status_smart import plan_said
from agent.bridges.wire import instant, number
from agent.model.outline import CarOutline, Outline, PlanStep
from agent.model.picture import Picture
from agent.model.smart import SmartPlan, SmartStatus

VERSION = 1


def document(picture: Picture) -> dict[str, Any]:
    """The plan in force; without one, why there is none."""
    plan = picture.outline
    shell = {
        "version": VERSION,
        "at": instant(picture.now.at),
        "names": {info.id: info.name for info in picture.devices},
        "prices": _prices(picture),
        "shortcomings": _shortcomings(picture),
        "held": dict(picture.held),
        "statuses": {device: _status(status) for device, status in picture.smart.items()},
    }
    if plan is None:
        return shell | {"problem": _why_none(picture), "plan": None}
    return shell | {"problem": None, "plan": _plan(plan)}


def _prices(picture: Picture) -> list[dict[str, Any]]:
    """Of import, from now on; what is missing in between is not known."""
    found = picture.prices
    return [
        {
            "start": instant(slot.start),
            "end": instant(slot.end),
            "import": number(slot.import_per_kwh, 5),
        }
        for slot in (() if found is None else found.slots)
        if slot.end > picture.now.at and slot.import_per_kwh is not None
    ]


def _status(status: SmartStatus) -> dict[str, Any]:
    """Where smart charging of a device stands, and its plan: the one that runs, or the last."""
    plan = status.plan
    return {
        "state": status.state.value,
        "problem": status.problem,
        "plan": None if plan is None else _smart_plan(plan),
    }


def _smart_plan(plan: SmartPlan) -> dict[str, Any]:
    return {
        **plan_said(plan),
        "cost": _money(plan.smart_cost),
        "costAtOnce": _money(plan.non_smart_cost),
        "windows": [{"from": instant(w.start), "to": instant(w.stop)} for w in plan.windows],
    }


def _money(amount: float | None) -> float | int | None:
    """Finer than people are told elsewhere: programs add hours up."""
    return number(amount, 4)


def _why_none(picture: Picture) -> str:
    if lacking := _shortcomings(picture):
        return lacking[0]
    if not any(policy.enabled for policy in picture.policies.values()):
        return "no car is charged by plan; turn smart charging of a car on, or set battery.plan"
    missing = [
        status.consideration.missing
        for status in picture.smart.values()
        if status.consideration is not None and status.consideration.missing
    ]
    return missing[0] if missing else "no car that is plugged in needs anything"


def _shortcomings(picture: Picture) -> list[str]:
    return [sentence for found in picture.shortcomings.values() for sentence in found]


def _plan(plan: Outline) -> dict[str, Any]:
    return {
        "madeAt": instant(plan.made_at),
        "method": plan.method,
        "currency": plan.currency,
        "cost": number(plan.cost, 4),
        "cars": {device: _car(car) for device, car in plan.cars.items()},
        "steps": [_step(step) for step in plan.steps],
    }


def _car(car: CarOutline) -> dict[str, Any]:
    return {
        "deadline": None if car.deadline is None else instant(car.deadline),
        "levelKwh": number(car.level_wh / 1000, 3),
        "levelAtDeadlineKwh": number(car.at_deadline_wh / 1000, 3),
        "limitKwh": number(car.limit_wh / 1000, 3),
        "chargeKwh": number(car.charge_wh / 1000, 3),
        "cost": _money(car.cost),
        "costAtOnce": _money(car.at_once_cost),
    }


def _step(step: PlanStep) -> dict[str, Any]:
    return {
        "start": instant(step.start),
        "end": instant(step.end),
        "importPrice": number(step.import_per_kwh, 5),
        "exportPrice": number(step.export_per_kwh, 5),
        "pricesKnown": step.known,
        "loadKw": number(step.load_w / 1000, 3),
        "sunKw": number(step.sun_w / 1000, 3),
        "gridKw": number(step.grid_w / 1000, 3),
        "carsKw": {device: number(power_w / 1000, 3) for device, power_w in step.car_w.items()},
        "batteryKw": None if step.battery_w is None else number(step.battery_w / 1000, 3),
        "batteryPercent": None if step.battery_percent is None else number(step.battery_percent, 1),
    }
