"""A location from the cloud."""

from typing import Final
from zoneinfo import ZoneInfo

from agent.bridges.documents.fields import Fields
from agent.bridges.documents.targets import device
from agent.bridges.documents.view import Sender
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location

MOST_CHARGERS: Final = 100


def read_location(name: str, body: Fields, sender: Sender, picture: Picture) -> Location:
    """Args:
        name: what the location is called here.

    Raises:
        Unreadable
    """
    latitude_deg = body.find_figure("latitude", -90, 90)
    longitude_deg = body.find_figure("longitude", -180, 180)
    if (latitude_deg is None) is not (longitude_deg is None):
        missing = "latitude" if latitude_deg is None else "longitude"
        raise body.fault(missing, "is missing", "give both coordinates or neither")
    return Location(
        id=name,
        name=body.text("name"),
        latitude_deg=latitude_deg,
        longitude_deg=longitude_deg,
        timezone=_zone(body),
        chargers=_chargers(body, sender, picture),
    )


def _zone(body: Fields) -> str:
    zone = body.find_text("timezoneName") or "UTC"
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        remedy = "give an IANA name like Europe/Oslo"
        raise body.fault("timezoneName", "is no known time zone", remedy) from None
    return zone


def _chargers(body: Fields, sender: Sender, picture: Picture) -> tuple[DeviceId, ...]:
    found: list[DeviceId] = []
    for index, value in enumerate(body.find_list("chargerIds", MOST_CHARGERS) or ()):
        one = Fields({str(index): value}, f"{body.at}/chargerIds")
        found.append(device(one, str(index), DeviceKind.CHARGER, sender, picture).id)
    return tuple(found)
