"""An order of the grid operator."""

from typing import Final

from agent.bridges import grid_orders
from agent.bridges.documents.common import stamp
from agent.bridges.documents.ids import public_id
from agent.bridges.documents.view import Json, Sender
from agent.model.limits import GridOrder

_KIND: Final = "grid-order"


def grid_order(order: GridOrder, stage: grid_orders.Stage, sender: Sender) -> Json:
    """The whole document."""
    return {
        **grid_orders.document(order, stage),
        "id": public_id(sender.agent_id, _KIND, order.id),
        "userId": sender.user_id,
        "beginsAt": stamp(order.begins_at or order.began_at),
        "endsAt": stamp(order.ends_at),
    }
