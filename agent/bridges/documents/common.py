"""What the documents of all devices share: envelope, stamps, capabilities, places."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from agent.bridges.documents import ids
from agent.bridges.documents.view import Json, View
from agent.bridges.wire import number
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind, PowerDelivery, Reading
from agent.model.snapshot import Seen


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, whole seconds."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(mono_s: float | None, now: Now) -> str | None:
    """The wall clock's word for a monotonic instant; None while that clock is not believed."""
    if mono_s is None or not now.trusted:
        return None
    return _second(round(now.at.timestamp() + mono_s - now.mono_s))


@lru_cache(maxsize=1024)
def _second(unix_s: int) -> str | None:
    return stamp(datetime.fromtimestamp(unix_s, UTC))


@lru_cache(maxsize=16)
def _scopes_of(kind: DeviceKind, scopes: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(scope for scope in scopes if scope.startswith(f"{kind.value}:")))


def kw(power_w: float | None) -> float | None:
    """W to kW at 10 W: finer steps are no news."""
    return None if power_w is None else number(power_w / 1000, 2)


def kwh(energy_wh: float | None) -> float | None:
    """Wh to kWh at 0.1 kWh."""
    return None if energy_wh is None else number(energy_wh / 1000, 1)


def said_at(seen: Seen[Reading] | None, names: Iterable[str], view: View) -> str | None:
    """When one of the fields was last said."""
    if seen is None:
        return None
    words = [seen.said_mono_s[name] for name in names if name in seen.said_mono_s]
    return moment(max(words, default=None), view.picture.now)


def observed(seen: Seen[Reading] | None, names: dict[str, str], view: View) -> Json:
    """Per field (outside name -> ours) when it was last true and when last known otherwise."""
    now = view.picture.now
    said = {} if seen is None else seen.said_mono_s
    otherwise = {} if seen is None else seen.otherwise_mono_s
    return {
        outside: {
            "at": moment(said.get(ours), now),
            "otherwiseAt": moment(otherwise.get(ours), now),
        }
        for outside, ours in names.items()
    }


def is_charging(state: PowerDelivery) -> bool | None:
    return None if state is PowerDelivery.UNKNOWN else state is PowerDelivery.CHARGING


def place(info: DeviceInfo, view: View) -> str | None:
    """Id of the Location where a device is."""
    location = view.picture.where.get(info.id)
    return None if location is None else ids.location_id(view.sender.agent_id, location)


def fixed_place(info: DeviceInfo, view: View, *, coordinates: bool = False) -> Json:
    """The location of what is screwed to a wall."""
    found: Json = {"id": place(info, view), "lastUpdated": None}
    if coordinates:
        name = view.picture.where.get(info.id)
        known = None if name is None else view.picture.locations.get(name)
        if known is None or not view.granted(f"{info.kind.value}:read:location"):
            return found | {"latitude": None, "longitude": None}
        found["latitude"] = number(known.latitude_deg, 5)
        found["longitude"] = number(known.longitude_deg, 5)
    return found


def capability(*, capable: bool, because: str | None = None) -> Json:
    """Args:
    because: the intervention that would make it capable; None = nothing would.
    """
    return {"isCapable": capable, "interventionIds": [because] if because and not capable else []}


def reads(*names: str) -> Json:
    return {name: capability(capable=True) for name in names}


def asset(info: DeviceInfo, seen: Seen[Reading] | None, view: View) -> Json:
    """The envelope that all devices have in common."""
    spoke_mono_s = None if seen is None else seen.spoke_mono_s
    return {
        "id": view.id_of(info.id),
        "userId": view.sender.user_id,
        "vendor": info.driver,
        "isReachable": seen is not None and seen.reachable,
        "lastSeen": moment(spoke_mono_s, view.picture.now),
        "scopes": list(_scopes_of(info.kind, view.sender.scopes)),
        "problem": (seen.value.problem or None) if seen else None,
    }


def information(info: DeviceInfo, seen: Seen[Reading] | None, **more: str | None) -> Json:
    """`id` is the installer's name for the device, and no id for paths."""
    value = None if seen is None else seen.value
    return {
        "id": info.id,
        "brand": value.vendor if value else None,
        "model": value.model if value else None,
        "year": None,
        "imageUrl": None,
        **more,
    }
