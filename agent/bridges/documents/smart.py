"""Smart charging: what was asked for, where it stands, and its plan."""

from typing import Final

from agent.bridges.documents.common import stamp
from agent.bridges.documents.ids import device_id, location_id
from agent.bridges.documents.schedule import override
from agent.bridges.documents.view import Json, Sender, View
from agent.bridges.wire import number
from agent.model.readings import DeviceId, DeviceKind
from agent.model.smart import Consideration, SmartPlan, SmartPolicy, SmartStatus, Windows
from agent.plan.smart.spoken import clock_of

WINDOWS: Final = {Windows.MULTI: "multi-window", Windows.SINGLE: "single-window"}


def in_short(value: SmartPolicy | None) -> Json:
    """What the vehicle's own document says of its policy."""
    if value is None:
        return {"isEnabled": False, "deadline": None, "minimumChargeLimit": 0}
    return {
        "isEnabled": value.enabled,
        "deadline": None if value.daily is None else clock_of(value.daily),
        "minimumChargeLimit": number(value.minimum_percent, 0),
    }


def policy(value: SmartPolicy, sender: Sender) -> Json:
    """The whole policy, as a desired document of the cloud carries it."""
    daily = value.daily
    return {
        "userId": value.user or sender.user_id,
        **in_short(value),
        "weekdayDeadlines": [
            {"weekday": day, "deadline": None if each is None else clock_of(each)}
            for day, each in enumerate(value.deadlines)
            if each != daily
        ],
        "readyAt": stamp(value.ready_at),
        "mode": WINDOWS[value.windows],
        "minimumOnTime": number(value.min_on_s / 60, 0),
        "minimumOffTime": number(value.min_off_s / 60, 0),
        "duration": None if value.duration_s is None else number(value.duration_s / 3600, 2),
    }


def smart_status(value: SmartStatus, view: View) -> Json:
    vehicle = value.device_kind is DeviceKind.VEHICLE
    resource_id, sender = view.id_of(value.device), view.sender
    return {
        "updatedAt": stamp(value.updated_at),
        "vehicleId": resource_id if vehicle else None,
        "chargerId": None if vehicle else resource_id,
        "userId": sender.user_id,
        "vendor": _vendor(value.device, view),
        "state": value.state.value,
        "stateChangedAt": stamp(value.changed_at),
        "consideration": None if value.consideration is None else _considered(value.consideration),
        "plan": None if value.plan is None else plan(value.plan, view),
        "smartOverride": None if value.override is None else override(value.override, sender),
        "problem": value.problem,
        "warning": value.warning,
    }


def _considered(value: Consideration) -> Json:
    return {
        "isPluggedIn": value.plugged_in,
        "isCharging": value.charging,
        "atChargingLocation": value.at_charging_location,
        "hasTimeEstimate": value.has_time_estimate,
        "hasPrices": value.has_prices,
        "missing": value.missing,
    }


def plan(value: SmartPlan, view: View) -> Json:
    sender = view.sender
    place = None if value.location is None else location_id(sender.agent_id, value.location)
    kinds = {info.id: info.kind for info in view.picture.devices}
    vehicle = kinds.get(value.device) is not DeviceKind.CHARGER
    device = device_id(sender.agent_id, value.device)
    return {
        "id": value.id,
        "userId": sender.user_id,
        "vehicleId": device if vehicle else None,
        "chargerId": None if vehicle else device,
        "vendor": _vendor(value.device, view),
        "locationId": place,
        "currency": value.currency,
        "nonSmartCost": _money(value.non_smart_cost),
        "smartCost": _money(value.smart_cost),
        "estimatedSavings": _money(value.saving),
        "deadline": stamp(value.deadline),
        "stopAt": stamp(value.stop_at),
        "startAt": stamp(value.start_at),
        "estimatedFinishAt": stamp(value.estimated_finish_at),
        "stopConfirmedAt": stamp(value.stop_confirmed_at),
        "startConfirmedAt": stamp(value.start_confirmed_at),
        "endedAt": stamp(value.ended_at),
        "finalState": None if value.final_state is None else value.final_state.value,
        "failureCondition": value.failure_condition and value.failure_condition.value,
        "windows": [{"from": stamp(e.start), "to": stamp(e.stop)} for e in value.windows],
    }


def _money(amount: float | None) -> float | None:
    return None if amount is None else number(amount, 2)


def _vendor(device: DeviceId, view: View) -> str | None:
    return next((info.driver for info in view.picture.devices if info.id == device), None)
