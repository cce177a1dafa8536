"""What the cloud is told (documents, events, retained states) and what it sends down. Pure.

The wire is described in docs/cloud-protocol.md, every document by a schema in docs/schemas.
Upwards HouseHerald makes events and States the retained documents. Downwards `read_...` turn
payloads into Intents and Readings, and raise nothing but Unreadable.
"""

from agent.bridges.documents.answers import failed, refused, result
from agent.bridges.documents.envelopes import field_name
from agent.bridges.documents.faults import Unreadable, problem
from agent.bridges.documents.herald import HouseHerald
from agent.bridges.documents.ids import (
    device_id,
    device_of,
    location_id,
    public_id,
    schedule_id,
)
from agent.bridges.documents.location import location
from agent.bridges.documents.payload import LARGEST_PAYLOAD, parse, unpack
from agent.bridges.documents.read_ack import Ack, read_ack
from agent.bridges.documents.read_command import (
    Command,
    PageRequest,
    PlanRequest,
    intent_of,
    read_command,
)
from agent.bridges.documents.read_desired import read_desired, reported
from agent.bridges.documents.read_vehicle import read_vehicle_in
from agent.bridges.documents.schedule import override, schedule, schedule_status
from agent.bridges.documents.smart import plan
from agent.bridges.documents.states import States
from agent.bridges.documents.uuid7 import uuid7
from agent.bridges.documents.view import API_VERSION, SCOPES, Json, Key, Sender, view

__all__ = [
    "API_VERSION", "LARGEST_PAYLOAD", "SCOPES", "Ack", "Command", "HouseHerald", "Json", "Key",
    "PageRequest", "PlanRequest", "Sender", "States", "Unreadable", "device_id", "device_of",
    "failed", "field_name", "intent_of", "location", "location_id", "override", "parse", "plan",
    "problem", "public_id", "read_ack", "read_command", "read_desired", "read_vehicle_in",
    "refused", "reported", "result", "schedule", "schedule_id", "schedule_status", "unpack",
    "uuid7", "view",
]  # fmt: skip
