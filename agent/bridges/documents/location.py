"""The location resource."""

from agent.bridges.documents.ids import device_id, location_id
from agent.bridges.documents.view import Json, Sender
from agent.bridges.wire import number
from agent.model.schedules import Location


def location(value: Location, sender: Sender) -> Json:
    """Coordinates leave the house only where the installer granted some location scope."""
    shown = any(scope.endswith(":read:location") for scope in sender.scopes)
    return {
        "id": location_id(sender.agent_id, value.id),
        "userId": sender.user_id,
        "name": value.name,
        "latitude": number(value.latitude_deg, 6) if shown else None,
        "longitude": number(value.longitude_deg, 6) if shown else None,
        "timezoneName": value.timezone,
        "chargerIds": [device_id(sender.agent_id, charger) for charger in value.chargers],
    }
