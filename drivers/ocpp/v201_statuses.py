"""Status of connectors in OCPP 2.x, from StatusNotification and from NotifyEvent alike.

2.1 prefers NotifyEvent with the variable AvailabilityState; many chargers send both.
"""

from typing import Any

from agent.model.clock import Now
from agent.model.readings import Reading
from drivers.ocpp import parse
from drivers.ocpp.connector import Connector
from drivers.ocpp.dialect import Reply
from drivers.ocpp.session import Session
from drivers.ocpp.states import PLUGGED
from drivers.ocpp.transactions import connector_of
from drivers.ocpp.upkeep import close_lost
from drivers.ocpp.v201_states import Plug
from drivers.ocpp.v201_tokens import car_tag
from drivers.ocpp.v201_transactions import Evses

CONNECTORS = frozenset({"connector", "evse"})
"""Components whose availability is that of a charger; the station as such is none."""

WORDS = {str(plug): plug for plug in Plug} | {str(word): Plug.OCCUPIED for word in PLUGGED}
"""FoxESS firmwares send StatusNotifications of 1.6 over connections of 2.0.1."""


class Statuses:
    """Of one charge point."""

    def __init__(self, session: Session, evses: Evses) -> None:
        self._session = session
        self._evses = evses

    async def status_notification(self, _: Session, payload: dict[str, Any], now: Now) -> Reply:
        socket = parse.integer(payload.get("connectorId"))
        number = parse.integer(payload.get("evseId", socket))
        if number == 0 and not socket:
            return {}, ()  # the station as a whole
        connector = connector_of(self._session, number)
        if connector is None:
            return {}, ()
        word = payload.get("connectorStatus", payload.get("status"))
        return {}, await self._said(connector, socket or 1, word, now)

    async def notify_event(self, _: Session, payload: dict[str, Any], now: Now) -> Reply:
        entries = payload.get("eventData")
        readings: list[Reading] = []
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                readings += await self._event(entry, now)
        return {}, readings

    async def _event(self, entry: dict[str, Any], now: Now) -> list[Reading]:
        component, variable = entry.get("component"), entry.get("variable")
        if not isinstance(component, dict) or not isinstance(variable, dict):
            return []
        evse = component.get("evse")
        place = evse if isinstance(evse, dict) else {}
        connector = connector_of(self._session, place.get("id"))
        if connector is None:
            return []
        about = (parse.text(component.get("name")) or "").lower()
        name = (parse.text(variable.get("name")) or "").lower()
        value = entry.get("actualValue")
        if name == "availabilitystate" and about in CONNECTORS:
            socket = parse.integer(place.get("connectorId")) or 1
            return await self._said(connector, socket, value, now)
        if name == "problem" and about in CONNECTORS:
            return [connector.reading(now, problem=_problem(entry))]
        if (about, name) == ("connectedev", "vehicleid"):
            return self._car(connector, parse.text(value), now)
        return []

    async def _said(
        self, connector: Connector, socket: int, word: object, now: Now
    ) -> list[Reading]:
        """A status holds from its timestamp until the next one: an old stamp is no old status."""
        plug = WORDS.get(parse.text(word, 40) or "")
        if plug is None:
            self._session.anomalies.count("unknown status")
            return []
        told = self._evses.told(connector).plug_said(socket, plug)
        said = self._evses.become(connector, told, now)
        connector.status_is_fresh = True
        await close_lost(self._session, connector, now)
        self._session.work.set()
        problem = "the charger reports Faulted" if plug is Plug.FAULTED else ""
        return [connector.reading(now, **said, problem=problem)]

    def _car(self, connector: Connector, identifier: str | None, now: Now) -> list[Reading]:
        """Which car it is; a card that was shown says more of who charges."""
        running = connector.transaction
        if identifier is None or (running is not None and running.id_tag):
            return []
        return [connector.reading(now, id_tag=car_tag(identifier))]


def _problem(entry: dict[str, Any]) -> str:
    if str(entry.get("actualValue")).lower() != "true" or entry.get("cleared") is True:
        return ""
    details = [parse.text(entry.get(name), 100) for name in ("techCode", "techInfo")]
    return ", ".join(["the charger reports a problem", *(d for d in details if d)])
