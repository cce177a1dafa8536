"""What charging has cost, in the documents of chargers and vehicles."""

from agent.bridges.charges import month_document, month_of, session_document
from agent.bridges.documents.common import stamp
from agent.bridges.documents.view import Json, View
from agent.model.readings import DeviceId


def charged(device: DeviceId, view: View) -> Json:
    """The session that runs at a charger, or of a car, or else the last one; and this month."""
    picture = view.picture
    return {
        "session": session_document(picture.latest.get(device), stamp, view.id_of),
        "month": month_document(month_of(device, picture), picture.currency),
    }
