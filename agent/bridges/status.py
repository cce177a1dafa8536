"""The house as one JSON document: what `hearth status --json` prints. See docs/status.md.

Powers in kW, energies in kWh, keys in camelCase; null = unknown.
"""

from collections.abc import Mapping
from typing import Any

from agent.bridges import grid_orders, status_forecasts, status_prices, status_rules, status_smart
from agent.bridges.cars import car_state, pair_of
from agent.bridges.charges import month_document, month_of, session_document
from agent.bridges.wire import instant, kwh, number
from agent.model.actions import Action
from agent.model.driver import DeviceInfo
from agent.model.pairs import Reporting
from agent.model.picture import JournalEntry, Picture, Totals
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    InverterReading,
    LinkReading,
    MeterReading,
    Reading,
    VehicleReading,
)
from agent.model.targets import Target

VERSION = 1


def document(picture: Picture) -> dict[str, Any]:
    """Everything that people and programs may see."""
    return {
        "version": VERSION,
        "at": instant(picture.now.at),
        "startedAt": instant(picture.started_at),
        "clockTrusted": picture.now.trusted,
        "totals": _totals(picture.totals),
        "devices": [device_document(info, picture) for info in picture.devices],
        "actions": [action_document(action) for action in picture.actions],
        "journal": [entry_document(entry) for entry in picture.journal],
        "schedules": status_rules.schedules(picture),
        "overrides": status_rules.overrides(picture),
        "smartCharging": status_smart.smart_charging(picture),
        "pairs": status_rules.pairs(picture),
        "forecasts": status_forecasts.forecasts(picture),
        "prices": status_prices.prices(picture),
        "gridOrders": grid_orders.documents(picture),
        "links": dict(picture.drivers),
        "pendingApproval": _pending_approval(picture),
        "anomalies": _anomalies(picture),
        "store": {"problem": picture.store_problem, "samplesDropped": picture.samples_dropped},
    }


def kw(power_w: float | None) -> float | int | None:
    """W to kW at 1 W."""
    return None if power_w is None else number(power_w / 1000, 3)


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "grid": kw(totals.grid_w),
        "production": kw(totals.production_w),
        "battery": kw(totals.battery_w),
        "chargers": kw(totals.chargers_w),
        "load": kw(totals.load_w),
        "batteryLevel": number(totals.battery_soc_percent, 1),
        "gridImport": kwh(totals.grid_import_wh),
        "gridExport": kwh(totals.grid_export_wh),
        "productionEnergy": kwh(totals.production_wh),
        "batteryCharge": kwh(totals.battery_charge_wh),
        "batteryDischarge": kwh(totals.battery_discharge_wh),
        "chargersEnergy": kwh(totals.chargers_wh),
        "loadEnergy": kwh(totals.load_wh),
    }


def device_document(info: DeviceInfo, picture: Picture) -> dict[str, Any]:
    seen = picture.snapshot.get(info.id)
    target = picture.targets.get(info.id)
    return {
        "id": info.id,
        "kind": info.kind.value,
        "name": info.name,
        "driver": info.driver,
        "isReachable": seen is not None and seen.reachable,
        "lastSeen": _last_seen(info, picture),
        "problem": (seen.value.problem or None) if seen else None,
        "state": _state(info, seen.value if seen else None, picture),
        "target": None if target is None else _target(target),
        "lastFailure": picture.last_failure.get(info.id),
        "shortcomings": list(picture.shortcomings.get(info.id, ())),
    }


def _last_seen(info: DeviceInfo, picture: Picture) -> str | None:
    """When the device itself last spoke; the news that it is gone does not count."""
    seen = picture.snapshot.get(info.id)
    spoke_mono_s = None if seen is None else seen.spoke_mono_s
    if spoke_mono_s is None:
        return None
    return instant(picture.now.later(spoke_mono_s - picture.now.mono_s).at)


def _state(info: DeviceInfo, value: Reading | None, picture: Picture) -> dict[str, Any]:
    def counted(name: str) -> float | int | None:
        return kwh(picture.counters_wh.get((info.id, name)))

    match value:
        case ChargerReading():
            return _charger(info, value, picture) | {"energy": counted("energy_wh")}
        case MeterReading():
            return {
                "power": kw(value.power_w),
                "import": counted("import_wh"),
                "export": counted("export_wh"),
            }
        case InverterReading():
            return {
                "productionRate": kw(value.production_w),
                "totalLifetimeProduction": counted("production_wh"),
                "status": value.status,
                "productionLimit": kw(value.production_limit_w),
            }
        case BatteryReading():
            return {
                "chargeRate": kw(value.power_w),
                "batteryLevel": number(value.soc_percent, 1),
                "batteryCapacity": kwh(value.capacity_wh),
                "operationMode": value.operation_mode,
                "status": value.status,
                "charged": counted("charge_wh"),
                "discharged": counted("discharge_wh"),
            }
        case VehicleReading():
            return _vehicle(info, value, picture)
        case _:
            return {}


def _vehicle(info: DeviceInfo, value: VehicleReading, picture: Picture) -> dict[str, Any]:
    state, pair = car_state(info, picture), pair_of(info.id, picture)
    told_s = picture.snapshot[info.id].said_mono_s.get("soc_percent")
    told = None if told_s is None else picture.now.later(told_s - picture.now.mono_s).at
    return {
        "powerDeliveryState": state.power_delivery,
        "isPluggedIn": state.plugged_in,
        "isCharging": state.charging,
        "batteryLevel": number(value.soc_percent, 1),
        "batteryLevelAt": instant(told),
        "chargeLimit": number(value.charge_limit_percent, 1),
        "chargeRate": kw(state.power_w) if state.charging else None,
        "range": number(value.range_km, 1),
        "odometer": number(value.odometer_km, 0),
        "pluggedInChargerId": None if pair is None else pair.charger,
        **_charged(info, picture),
        "locationId": picture.where.get(info.id),
        "reporting": _reporting(picture.reporting.get(info.id)),
    }


def _reporting(found: Reporting | None) -> dict[str, Any] | None:
    """How the car's source tells of it, as far as that was measured."""
    if found is None:
        return None
    return {
        "delaySeconds": number(found.delay_s, 0),
        "levelStep": number(found.rounding_percent, 2),
        "silenceSeconds": number(found.silence_s, 0),
        "onChangeOnly": found.on_change_only,
        "ghostRate": number(found.ghost_rate, 3),
        "samples": found.samples,
    }


def _charger(info: DeviceInfo, value: ChargerReading, picture: Picture) -> dict[str, Any]:
    session, pair = picture.sessions.get(info.id), pair_of(info.id, picture)
    state = value.power_delivery
    charging = state is not None and state.value.endswith("CHARGING")
    return {
        "powerDeliveryState": state,
        "isPluggedIn": None if state is None else state.plugged_in,
        "isCharging": None if state is None else charging,
        "chargeRate": kw(value.power_w) if charging else None,
        "maxCurrent": number(value.max_current_a, 1),
        "currentLimit": number(picture.limits_a.get(info.id), 1),
        "mode": picture.modes.get(info.id),
        "sessionEnergy": kwh(session.energy_wh) if session else None,
        "pluggedInAt": instant(session.plugged_in_at) if session else None,
        "vehicleLevel": number(value.soc_percent, 1),
        "pluggedInVehicleId": None if pair is None else pair.vehicle,
        "question": picture.questions.get(info.id),
        "transactionId": value.transaction_id or None,
        **_charged(info, picture),
        "anomalies": value.anomalies,
        "lastAnomaly": value.last_anomaly,
    }


def _charged(info: DeviceInfo, picture: Picture) -> dict[str, Any]:
    """What the running session, or the last one, and this month have cost."""
    return {
        "session": session_document(picture.latest.get(info.id), instant, str),
        "month": month_document(month_of(info.id, picture), picture.currency),
    }


def _target(target: Target) -> dict[str, Any]:
    power_w = getattr(target, "power_w", getattr(target, "max_power_w", None))
    mode = getattr(target, "mode", None)
    return {
        "charging": getattr(target, "charging", None),
        "maxCurrent": number(getattr(target, "max_current_a", None), 1),
        "phases": getattr(target, "phases", None),
        "operationMode": mode,
        "power": kw(power_w),
        "owner": target.owner.name,
        "reason": {
            "code": target.reason.code,
            "sentence": target.reason.sentence,
            "inputs": dict(target.reason.inputs),
            "changesAt": instant(target.reason.changes_at),
        },
    }


def action_document(action: Action) -> dict[str, Any]:
    failure = action.failure
    return {
        "id": action.id,
        "targetId": action.device,
        "targetType": action.device_kind.value,
        "kind": action.kind,
        "target": action.value,
        "state": action.state,
        "createdAt": instant(action.created_at),
        "updatedAt": instant(action.updated_at),
        "completedAt": instant(action.completed_at),
        "failureReason": None if failure is None else _failure(failure.type, failure.detail),
        "deviceId": action.device_commanded,
        "attempts": action.attempts,
        "requestedBy": action.requested_by,
    }


def _failure(kind: str, detail: str) -> Mapping[str, str]:
    return {"type": kind, "detail": detail}


def entry_document(entry: JournalEntry) -> dict[str, Any]:
    return {
        "at": instant(entry.at),
        "deviceId": entry.device,
        "does": entry.does,
        "code": entry.reason.code,
        "sentence": entry.reason.sentence,
    }


def _pending_approval(picture: Picture) -> list[str]:
    """Charge points that knocked and stand in no config file."""
    found: list[str] = []
    for seen in picture.snapshot.values():
        if isinstance(seen.value, LinkReading):
            found += seen.value.pending_approval or ()
    return found


def _anomalies(picture: Picture) -> int:
    total = 0
    for seen in picture.snapshot.values():
        if isinstance(seen.value, ChargerReading | LinkReading):
            total += seen.value.anomalies or 0
    return total
