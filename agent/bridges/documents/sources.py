"""What each document is made from, so that it is made anew only when that has changed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from agent.bridges import grid_orders
from agent.bridges.documents import ids
from agent.bridges.documents.battery import battery
from agent.bridges.documents.charged import charged
from agent.bridges.documents.charger import charger
from agent.bridges.documents.common import kwh
from agent.bridges.documents.grid_order import grid_order
from agent.bridges.documents.hem_system import hem_system, hem_system_id
from agent.bridges.documents.inverter import inverter
from agent.bridges.documents.meter import meter
from agent.bridges.documents.pair import pair
from agent.bridges.documents.schedule import schedule, schedule_status
from agent.bridges.documents.smart import smart_status
from agent.bridges.documents.vehicle import vehicle
from agent.bridges.documents.view import Json, Key, View
from agent.model.driver import DeviceInfo
from agent.model.picture import Picture
from agent.model.readings import DeviceKind, Reading
from agent.model.schedules import Schedule
from agent.model.snapshot import Seen

SCHEDULE: Final = "schedule"
PAIR: Final = "pair"
SMART: Final = "smart-charging-status"
GRID_ORDER: Final = "grid-order"
STATE_TYPES: Final = frozenset(
    {"vehicle", "charger", "battery", "inverter", "meter", ids.HEM_SYSTEM, PAIR}
)
"""Resources that are retained as a whole."""

_MAKERS: Final[Mapping[DeviceKind, Callable[[DeviceInfo, Seen[Reading] | None, View], Json]]] = {
    DeviceKind.VEHICLE: vehicle,
    DeviceKind.CHARGER: charger,
    DeviceKind.BATTERY: battery,
    DeviceKind.INVERTER: inverter,
    DeviceKind.METER: meter,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Args:
    inputs: equal inputs make an equal document.
    heard: False while a device has not spoken since the start.
    """

    key: Key
    inputs: tuple[object, ...]
    make: Callable[[], Json]
    heard: bool = True


def sources(view: View) -> Iterator[Source]:
    """All resources of the house."""
    agent_id, picture = view.sender.agent_id, view.picture
    for info in picture.devices:
        make = _MAKERS.get(info.kind)
        if make is not None:
            seen = picture.snapshot.get(info.id)
            key = (info.kind.value, view.id_of(info.id))
            yield Source(
                key, _behind(info, view), partial(make, info, seen, view), seen is not None
            )
    hem = (ids.HEM_SYSTEM, hem_system_id(agent_id))
    yield Source(hem, (picture.totals,), partial(hem_system, view))
    for each in picture.pairs:
        key = (PAIR, ids.pair_id(agent_id, each.id))
        yield Source(key, (each,), partial(pair, each, view.sender))
    for plan in picture.schedules.values():
        key = (SCHEDULE, ids.schedule_id(agent_id, plan.id))
        status = picture.statuses.get(plan.id)
        yield Source(key, (plan, status), partial(_execution, plan, view))
    for device, stands in picture.smart.items():
        # When it was looked at is no change of it.
        behind = replace(stands, updated_at=stands.changed_at)
        yield Source((SMART, view.id_of(device)), (behind,), partial(smart_status, stands, view))
    for order, stage in grid_orders.standing(picture):
        key = (GRID_ORDER, ids.public_id(agent_id, GRID_ORDER, order.id))
        yield Source(key, (order, stage), partial(grid_order, order, stage, view.sender))


def shared(picture: Picture) -> tuple[object, ...]:
    """What is in many documents at once."""
    return (
        tuple((pair.vehicle, pair.charger, pair.stage) for pair in picture.pairs),
        picture.pairing,
        picture.where,
        picture.locations,
        picture.devices,
        picture.now.trusted,
    )


def single(picture: Picture) -> tuple[object, ...]:
    """What is in one document each, apart from the snapshot."""
    return (
        picture.totals,
        picture.limits_a,
        picture.pairs,
        picture.beliefs,
        picture.said,
        picture.schedules,
        picture.statuses,
        picture.policies,
        picture.smart,
        picture.counters_wh,
        picture.latest,
        picture.month,
        tuple(grid_orders.standing(picture)),
    )


def _behind(info: DeviceInfo, view: View) -> tuple[object, ...]:
    picture, device = view.picture, info.id
    match info.kind:
        case DeviceKind.VEHICLE:
            pair = view.of_vehicle.get(device)
            partner = None if pair is None else picture.snapshot.get(pair.charger)
            policy = picture.policies.get(device)
            return (picture.snapshot.get(device), partner, policy, charged(device, view))
        case DeviceKind.CHARGER:
            return (
                picture.snapshot.get(device),
                picture.limits_a.get(device),
                picture.beliefs.get(device),
                picture.said.get(device),
                charged(device, view),
            )
        case DeviceKind.INVERTER:
            lifetime_wh = picture.counters_wh.get((device, "production_wh"))
            return (picture.snapshot.get(device), kwh(lifetime_wh))
        case _:
            return (picture.snapshot.get(device),)


def _execution(plan: Schedule, view: View) -> Json:
    status = view.picture.statuses.get(plan.id)
    return {
        "schedule": schedule(plan, view.sender),
        "status": None if status is None else schedule_status(status, plan, view.sender),
    }
