"""Ids outside: UUIDs that never change, made from the agent's id and the installer's names.

A name that is a UUID itself (what a cloud sends down) stays as it is.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from agent.model.picture import Picture
from agent.model.readings import DeviceId

HEM_SYSTEM: Final = "hem-system"
_NAMED_LIKE: Final = {"smart-charging-policy": "device"}
"""What has no id of its own but that of whom it is for."""


@lru_cache(maxsize=1024)
def public_id(agent_id: str, kind: str, name: str) -> str:
    """The UUID of what is called `name` here; kinds (device, schedule...) do not share names."""
    kind = _NAMED_LIKE.get(kind, kind)
    return as_uuid(name) or str(uuid5(NAMESPACE_URL, f"urn:hearth:{agent_id}:{kind}:{name}"))


def as_uuid(text: object) -> str | None:
    """The UUID in its usual spelling, or None when `text` is none."""
    if not isinstance(text, str) or len(text) != len(str(UUID(int=0))):
        return None
    try:
        return str(UUID(text))
    except ValueError:
        return None


def device_id(agent_id: str, device: DeviceId) -> str:
    return public_id(agent_id, "device", device)


def location_id(agent_id: str, location: str) -> str:
    return public_id(agent_id, "location", location)


def schedule_id(agent_id: str, schedule: str) -> str:
    return public_id(agent_id, "schedule", schedule)


def pair_id(agent_id: str, pair: str) -> str:
    return public_id(agent_id, "pair", pair)


def device_of(resource_id: str, picture: Picture, agent_id: str) -> DeviceId | None:
    """The device that the outside calls `resource_id`; its name in the config file is no id."""
    names = (info.id for info in picture.devices)
    found = _named(resource_id, names, agent_id, "device")
    return None if found is None else DeviceId(found)


def local_id(resource_id: str, names: Iterable[str], agent_id: str, kind: str) -> str:
    """What a location or a schedule is called here; `resource_id` itself if it is new."""
    return _named(resource_id, names, agent_id, kind) or as_uuid(resource_id) or resource_id


def _named(resource_id: str, names: Iterable[str], agent_id: str, kind: str) -> str | None:
    wanted = as_uuid(resource_id)
    if wanted is None:
        return None
    return next((name for name in names if public_id(agent_id, kind, name) == wanted), None)
