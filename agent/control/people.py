"""What an Intent means: which wish it changes and which Action, if any, records it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from agent.ledger.create import Request
from agent.model.actions import ActionKind
from agent.model.driver import DeviceInfo
from agent.model.intents import (
    BatteryModeChoice,
    ChargeCommand,
    ChargerMode,
    CurrentLimit,
    Intent,
    ModeChoice,
    PowerLimit,
)
from agent.model.limits import GridOrder, Scope
from agent.model.readings import BatteryMode, DeviceId, DeviceKind
from agent.model.units import amps_from_watts
from agent.model.wishes import BatteryWish, ChargerWish, Wishes

_ORDERS = "grid-orders"


class NotPossible(Exception):
    """The Intent makes no sense for this device; the message says why and what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Args:
    wishes: as they stand once the Intent is taken.
    request: the Action to record; None when the wish is a mere setting.
    """

    wishes: Wishes
    request: Request | None = None


def read(
    intent: Intent,
    device: DeviceInfo,
    wishes: Wishes,
    action_id: str,
    charger: DeviceInfo | None = None,
    *,
    planned: bool = False,
) -> Meaning:
    """Translate an Intent.

    Args:
        charger: of a car, the one that it is known to hang on; commands go there.
        planned: whether Hearth plans for batteries.

    Raises:
        NotPossible: wrong kind of device, or a value out of range.
    """
    if device.kind is DeviceKind.VEHICLE:
        return _vehicle(intent, device, wishes, action_id, charger)
    needed = DeviceKind.BATTERY if isinstance(intent, BatteryModeChoice) else DeviceKind.CHARGER
    if device.kind is not needed:
        raise NotPossible(f"{device.id} is a {device.kind}, this needs a {needed}")
    if isinstance(intent, BatteryModeChoice):
        return _battery(intent, device, wishes, action_id, planned=planned)
    return _charger(intent, device, wishes, action_id)


def _vehicle(
    intent: Intent, car: DeviceInfo, wishes: Wishes, action_id: str, charger: DeviceInfo | None
) -> Meaning:
    """Its charger first (local and fast), then the car itself; never a charger by guess. What a
    car is asked itself is no lasting wish: it is told once."""
    if not isinstance(intent, ChargeCommand | PowerLimit):
        raise NotPossible(f"{car.id} is a vehicle, which does not take {type(intent).__name__}")
    if charger is not None:
        meaning = _charger(intent, charger, wishes, action_id)
        if meaning.request is None:
            return meaning
        routed = replace(meaning.request, device=car, commanded=charger)
        itself = car if car.startable and isinstance(intent, ChargeCommand) else None
        return replace(meaning, request=replace(routed, other=itself))
    if isinstance(intent, PowerLimit):
        raise NotPossible(f"{car.id} is not known to be plugged into one of your chargers")
    kind = ActionKind.START if intent.charging else ActionKind.STOP
    request = _request(intent, car, kind, None, action_id)
    if not car.startable:
        return Meaning(wishes=wishes, request=replace(request, impossible=nobody_to_tell(car)))
    return Meaning(wishes=wishes, request=request)


def nobody_to_tell(car: DeviceInfo) -> str:
    """Why a command for a car goes nowhere."""
    return (
        f"{car.id} is not known to be plugged into one of your chargers,"
        " and takes no commands itself"
    )


def _battery(
    intent: BatteryModeChoice,
    device: DeviceInfo,
    wishes: Wishes,
    action_id: str,
    *,
    planned: bool,
) -> Meaning:
    if intent.power_w is not None and intent.power_w < 0:
        raise NotPossible(f"{intent.power_w:g} W is negative; the mode says the direction")
    wish = BatteryWish(mode=intent.mode, power_w=intent.power_w)
    if planned and intent.mode is BatteryMode.TIME_OF_USE:
        wish = BatteryWish()  # the plan follows the tariff; no device is asked to do it itself
    request = _request(intent, device, ActionKind.SET_OPERATION_MODE, intent.mode.value, action_id)
    return Meaning(wishes=wishes.with_battery(device.id, wish), request=request)


def _charger(intent: Intent, device: DeviceInfo, wishes: Wishes, action_id: str) -> Meaning:
    old = wishes.chargers[device.id]
    match intent:
        case ModeChoice(mode=mode):
            wish = replace(old, mode=mode, manual=None)
            return Meaning(wishes=wishes.with_charger(device.id, wish))
        case ChargeCommand(charging=charging):
            wish, value = replace(old, manual=charging), None
            kind = ActionKind.START if charging else ActionKind.STOP
        case CurrentLimit(max_current_a=amps):
            wish, value = replace(old, limit_a=_limit(amps, device)), amps
            kind = ActionKind.SET_MAX_CURRENT
        case PowerLimit(max_power_w=watts):
            amps = int(amps_from_watts(watts, device.phases) * 10) / 10
            wish, value = replace(old, limit_a=_limit(amps, device)), watts
            kind = ActionKind.SET_CHARGE_RATE_LIMIT
        case _:
            raise NotPossible(f"{device.id} does not understand {type(intent).__name__}")
    request = _request(intent, device, kind, value, action_id)
    return Meaning(wishes=wishes.with_charger(device.id, wish), request=request)


def _limit(amps: float, device: DeviceInfo) -> float:
    if not 0 <= amps <= device.max_current_a:
        raise NotPossible(
            f"{amps:g} A is out of range; {device.id} takes 0 or"
            f" {device.min_current_a:g} to {device.max_current_a:g} A"
        )
    if 0 < amps < device.min_current_a:
        raise NotPossible(
            f"{amps:g} A is less than a car can take; use 0 or at least {device.min_current_a:g} A"
        )
    return amps


def _request(
    intent: Intent, device: DeviceInfo, kind: ActionKind, value: float | str | None, action_id: str
) -> Request:
    return Request(
        id=action_id,
        device=device,
        kind=kind,
        value=value,
        requested_by=intent.requested_by,
        request_id=intent.request_id,
    )


def to_settings(wishes: Wishes) -> dict[str, dict[str, Any]]:
    """Rows for the store, one per device."""
    rows: dict[str, dict[str, Any]] = {}
    for device, wish in wishes.chargers.items():
        rows[f"charger:{device}"] = {
            "mode": wish.mode.value,
            "manual": wish.manual,
            "limit_a": wish.limit_a,
        }
    for device, battery in wishes.batteries.items():
        mode = None if battery.mode is None else battery.mode.value
        rows[f"battery:{device}"] = {"mode": mode, "power_w": battery.power_w}
    rows[_ORDERS] = {"orders": [_order_row(order) for order in wishes.grid_orders]}
    return rows


def _order_row(order: GridOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "source": order.source,
        "scope": order.scope.value,
        "import_w": order.import_w,
        "export_w": order.export_w,
        "began_at": order.began_at.isoformat(),
        "ends_at": None if order.ends_at is None else order.ends_at.isoformat(),
        "begins_at": None if order.begins_at is None else order.begins_at.isoformat(),
    }


def _order(row: dict[str, Any]) -> GridOrder:
    ends, begins = row.get("ends_at"), row.get("begins_at")
    return GridOrder(
        id=row["id"],
        source=row["source"],
        scope=Scope(row["scope"]),
        import_w=row.get("import_w"),
        export_w=row.get("export_w"),
        began_at=datetime.fromisoformat(row["began_at"]),
        ends_at=None if ends is None else datetime.fromisoformat(ends),
        begins_at=None if begins is None else datetime.fromisoformat(begins),
    )


def from_settings(rows: dict[str, Any], defaults: Wishes) -> Wishes:
    """What people chose before the restart, over what the config file says."""
    wishes = defaults
    for device, wish in defaults.chargers.items():
        row = rows.get(f"charger:{device}")
        if row is None:
            continue
        mode = ChargerMode(row["mode"]) if row.get("mode") in list(ChargerMode) else wish.mode
        kept = ChargerWish(mode=mode, manual=row.get("manual"), limit_a=row.get("limit_a"))
        wishes = wishes.with_charger(device, kept)
    for key, row in rows.items():
        kind, _, name = key.partition(":")
        if kind == "battery" and row.get("mode") in list(BatteryMode):
            battery = BatteryWish(mode=BatteryMode(row["mode"]), power_w=row.get("power_w"))
            wishes = wishes.with_battery(DeviceId(name), battery)
    orders = tuple(_order(row) for row in rows.get(_ORDERS, {}).get("orders", ()))
    return replace(wishes, grid_orders=orders)
