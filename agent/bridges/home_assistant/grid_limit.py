"""What Home Assistant shows of the grid operator: whether the house is limited, and to what.

They exist where the grid operator can speak to the house; where only the cloud could bring its
word, which is rare, they are off until somebody wants them.
"""

from dataclasses import replace
from typing import Final

from agent.bridges import grid_orders, wire
from agent.bridges.home_assistant.entity import Entity, Household, Needs, Platform, Value, View
from agent.bridges.home_assistant.rows import on_off
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind


def limit_rows(info: DeviceInfo, house: Household) -> tuple[Entity, ...]:
    """The rows of the gateway."""
    if info.kind is not DeviceKind.LINK or house.operator is None:
        return ()
    return tuple(replace(row, enabled=house.operator) for row in _ROWS)


def _limited(view: View) -> Value:
    return on_off(bool(grid_orders.in_force(view.picture)))


def _limit_w(view: View) -> Value:
    """The tightest limit of what is taken; unknown while there is none."""
    limits_w = [o.import_w for o in grid_orders.in_force(view.picture) if o.import_w is not None]
    return wire.number(min(limits_w, default=None), 0)


def _orders(view: View) -> Value:
    """What each order says, and the next one that is announced."""
    found = list(grid_orders.standing(view.picture))
    now = [order for order, stage in found if stage is not grid_orders.Stage.ANNOUNCED]
    ahead = [order.begins_at for order, _ in found if order.begins_at is not None]
    ends = [order.ends_at for order in now if order.ends_at is not None]
    return {
        "source": ", ".join(order.source for order in now) or None,
        "counts": ", ".join(sorted({order.scope.value for order in now})) or None,
        "held": None if not now else all(view.picture.grid_kept.get(o.id) for o in now),
        "until": wire.instant(max(ends)) if len(ends) == len(now) and ends else None,
        "next_at": wire.instant(min(ahead, default=None)),
    }


_ROWS: Final = (
    Entity(
        platform=Platform.BINARY_SENSOR,
        key="grid_operator_limit",
        name="Grid operator limit",
        value=_limited,
        at_once=_limited,
        needs=Needs.HEARTH,
        attributes=_orders,
    ),
    Entity(
        platform=Platform.SENSOR,
        key="grid_operator_limit_power",
        name="Grid operator limit power",
        value=_limit_w,
        at_once=_limit_w,
        device_class="power",
        unit="W",
        precision=0,
        needs=Needs.HEARTH,
    ),
)
