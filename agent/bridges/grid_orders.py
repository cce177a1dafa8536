"""Orders of the grid operator as everybody is shown them. See docs/grid-operator.md.

Powers in kW, keys in camelCase; a direction that is free is null.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from agent.bridges.wire import instant, number
from agent.model.limits import GridOrder
from agent.model.picture import Picture


class Stage(StrEnum):
    """How far an order has come."""

    ANNOUNCED = "ANNOUNCED"
    BEGAN = "BEGAN"
    HELD = "HELD"
    NOT_HELD = "NOT_HELD"


def standing(picture: Picture) -> Iterator[tuple[GridOrder, Stage]]:
    """Those in force, and those that are announced."""
    for order in picture.grid_orders:
        if order.holds(picture.now):
            yield order, _stage(picture.grid_kept.get(order.id))
        elif order.begins_at is not None:
            yield order, Stage.ANNOUNCED


def in_force(picture: Picture) -> tuple[GridOrder, ...]:
    return tuple(order for order in picture.grid_orders if order.holds(picture.now))


def document(order: GridOrder, stage: Stage) -> dict[str, Any]:
    return {
        "id": order.id,
        "source": order.source,
        "scope": order.scope.name,
        "importLimit": _kw(order.import_w),
        "exportLimit": _kw(order.export_w),
        "state": stage.value,
        "beginsAt": instant(order.begins_at or order.began_at),
        "endsAt": instant(order.ends_at),
    }


def documents(picture: Picture) -> list[dict[str, Any]]:
    """What the status document shows."""
    return [document(order, stage) for order, stage in standing(picture)]


def _stage(kept: bool | None) -> Stage:  # noqa: FBT001 a value, not a switch
    if kept is None:
        return Stage.BEGAN
    return Stage.HELD if kept else Stage.NOT_HELD


def _kw(power_w: float | None) -> float | int | None:
    return None if power_w is None else number(power_w / 1000, 3)
