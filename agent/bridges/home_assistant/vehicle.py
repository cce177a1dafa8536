"""What Home Assistant shows of a car, and what it may ask of one.

Cars publish what changed and sleep in between, so no value becomes unknown by silence alone, and
a car out of reach keeps what it said last: Last seen says how old that is. Only a plug state that
nobody renewed for seven days is unknown. While a car hangs on a charger of the house, both are
one.
"""

from dataclasses import replace
from typing import Final

from agent.bridges import wire
from agent.bridges.cars import CarState, car_state
from agent.bridges.home_assistant.entity import Entity, Household, Needs, Platform, Value, View
from agent.bridges.home_assistant.on_charger import PLUGGED_INTO
from agent.bridges.home_assistant.rows import (
    CHARGE_NOW,
    DELIVERY_WORDS,
    LAST_ACTION,
    PROBLEM,
    REASON,
    can_be_told,
    charge,
    on_off,
    percent,
    watts,
)
from agent.model.driver import DeviceInfo
from agent.model.intents import Intent, Refresh
from agent.model.readings import PowerDelivery

AWAY: Final = "away"

_AGES: Final = {
    "state_of_charge": "soc_percent",
    "range": "range_km",
    "plug": "plugged_in",
    "odometer": "odometer_km",
    "position": "latitude_deg",
}


def _state(view: View) -> CarState:
    return car_state(view.info, view.picture)


def _charging(view: View) -> Value:
    state = _state(view)
    flows = state.charging or state.power_delivery is PowerDelivery.DISCHARGING
    return on_off(None if state.charging is None else flows)


def _plugged_in(view: View) -> Value:
    return on_off(_state(view).plugged_in)


def _status(view: View) -> Value:
    return DELIVERY_WORDS.get(_state(view).power_delivery)


def _power_w(view: View) -> Value:
    state = _state(view)
    return wire.number(0.0 if state.charging is False else state.power_w, 0)


def _figure(view: View, name: str, digits: int) -> Value:
    figure = view.last(name)
    return wire.number(figure, digits) if isinstance(figure, int | float) else None


def _soc_percent(view: View) -> Value:
    return _figure(view, "soc_percent", 1)


def _remaining_min(view: View) -> Value:
    """As the car said it, and only while it charges."""
    remaining_s = view.last("charge_remaining_s")
    if not _state(view).charging or not isinstance(remaining_s, int | float):
        return None
    return wire.number(remaining_s / 60, 0)


def _place(view: View) -> Value:
    """The name of the place where the car is, away for none of ours; None = nobody knows."""
    if view.info.id not in view.picture.where:
        return None
    name = view.picture.where[view.info.id]
    known = None if name is None else view.picture.locations.get(name)
    if known is not None:
        return wire.short_text(known.name or known.id)
    return AWAY if name is None else wire.short_text(name)


def _position(view: View) -> Value:
    """The keys that Home Assistant's map looks for; none where there is no position."""
    latitude_deg, longitude_deg = view.last("latitude_deg"), view.last("longitude_deg")
    accuracy_m = view.last("accuracy_m")
    if not isinstance(latitude_deg, int | float) or not isinstance(longitude_deg, int | float):
        return {}
    at = {
        "latitude": wire.number(latitude_deg, 5),
        "longitude": wire.number(longitude_deg, 5),
        "gps_accuracy": wire.number(accuracy_m if isinstance(accuracy_m, int | float) else 0.0, 0),
    }
    return {} if None in at.values() else at


def _last_seen(view: View) -> Value:
    return wire.minute(None if view.seen is None else view.seen.spoke_mono_s, view.picture.now)


def _ages(view: View) -> Value:
    """When each value was true; the plug also when it was last known to be otherwise."""
    now, seen = view.picture.now, view.seen
    said = {} if seen is None else seen.said_mono_s
    otherwise = {} if seen is None else seen.otherwise_mono_s
    ages = {outside: wire.minute(said.get(ours), now) for outside, ours in _AGES.items()}
    return {**ages, "plug_otherwise": wire.minute(otherwise.get("plugged_in"), now)}


def _refreshable(info: DeviceInfo, _house: Household) -> bool:
    return info.refreshable


def _locatable(info: DeviceInfo, _house: Household) -> bool:
    return info.locatable is not False


def _refresh(view: View, _payload: str) -> Intent:
    return Refresh(device=view.info.id)


def _kilometres(key: str, name: str, field: str, state_class: str, *, enabled: bool) -> Entity:
    return Entity(
        platform=Platform.SENSOR,
        key=key,
        name=name,
        value=lambda view: _figure(view, field, 1),
        device_class="distance",
        unit="km",
        state_class=state_class,
        precision=0,
        needs=Needs.HEARTH,
        enabled=enabled,
    )


def _kept(row: Entity) -> Entity:
    """A value that stays when the car falls asleep."""
    return replace(row, needs=Needs.HEARTH, expires=False)


VEHICLE: Final = (
    Entity(
        platform=Platform.SWITCH,
        key="charging",
        name="Charging",
        value=_charging,
        at_once=_charging,
        needs=Needs.HEARTH,
        shown=can_be_told,
        command=charge,
    ),
    CHARGE_NOW,
    replace(_kept(percent("soc", "State of charge", _soc_percent)), at_once=_soc_percent),
    _kilometres("range", "Range", "range_km", "measurement", enabled=True),
    Entity(
        platform=Platform.BINARY_SENSOR,
        key="plug",
        name="Plug",
        value=_plugged_in,
        at_once=_plugged_in,
        device_class="plug",
        needs=Needs.HEARTH,
    ),
    Entity(
        platform=Platform.SENSOR,
        key="status",
        name="Status",
        value=_status,
        at_once=_status,
        device_class="enum",
        options=lambda _info: tuple(DELIVERY_WORDS.values()),
        needs=Needs.HEARTH,
    ),
    PLUGGED_INTO,
    _kept(watts("power", "Power", _power_w)),
    Entity(
        platform=Platform.SENSOR,
        key="charge_remaining",
        name="Charging time remaining",
        value=_remaining_min,
        device_class="duration",
        unit="min",
        state_class="measurement",
        precision=0,
        needs=Needs.HEARTH,
    ),
    Entity(
        platform=Platform.SENSOR,
        key="location",
        name="Location",
        value=_place,
        at_once=_place,
        needs=Needs.HEARTH,
    ),
    Entity(
        platform=Platform.DEVICE_TRACKER,
        key="tracker",
        name="Position",
        attributes=_position,
        at_once=_position,
        needs=Needs.HEARTH,
        shown=_locatable,
    ),
    Entity(
        platform=Platform.SENSOR,
        key="last_seen",
        name="Last seen",
        value=_last_seen,
        device_class="timestamp",
        category="diagnostic",
        needs=Needs.HEARTH,
        attributes=_ages,
    ),
    Entity(
        platform=Platform.BUTTON,
        key="refresh",
        name="Refresh",
        needs=Needs.HEARTH,
        shown=_refreshable,
        command=_refresh,
    ),
    replace(
        _kept(
            percent("charge_limit", "Charge limit", lambda v: _figure(v, "charge_limit_percent", 0))
        ),
        device_class=None,
        enabled=False,
    ),
    _kilometres("odometer", "Odometer", "odometer_km", "total_increasing", enabled=False),
    # The charger shows it already.
    replace(REASON, enabled=False),
    PROBLEM,
    LAST_ACTION,
)
