"""What the cloud reads and writes: documents, events, retained states. Pure.

The wire is described in docs/cloud-protocol.md, every document by a schema in docs/schemas.
"""

from agent.bridges.documents.action import action
from agent.bridges.documents.envelopes import field_name
from agent.bridges.documents.herald import HouseHerald
from agent.bridges.documents.ids import device_id, device_of, location_id, schedule_id
from agent.bridges.documents.location import location
from agent.bridges.documents.schedule import override, schedule, schedule_status
from agent.bridges.documents.states import States
from agent.bridges.documents.uuid7 import uuid7
from agent.bridges.documents.view import API_VERSION, SCOPES, Json, Key, Sender

__all__ = [
    "API_VERSION",
    "SCOPES",
    "HouseHerald",
    "Json",
    "Key",
    "Sender",
    "States",
    "action",
    "device_id",
    "device_of",
    "field_name",
    "location",
    "location_id",
    "override",
    "schedule",
    "schedule_id",
    "schedule_status",
    "uuid7",
]
