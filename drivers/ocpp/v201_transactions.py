"""TransactionEvent of OCPP 2.x: facts go to the book at once, live ones into the state as well.

Always answered with a result: chargers repeat an event until it is confirmed. Events come late
(`offline`), twice, out of order and without what they should hold; the sequence number is of no
use, since some chargers always say 0.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from agent.model.clock import Now
from drivers.ocpp import parse
from drivers.ocpp.connector import Connector, OpenTransaction
from drivers.ocpp.dialect import Reply
from drivers.ocpp.session import Session
from drivers.ocpp.states import FLOW_W
from drivers.ocpp.transactions import (
    BY_HAND,
    accepts,
    close_older,
    connector_of,
    device_of,
    take_values,
)
from drivers.ocpp.v201_events import Event, Kind, read_event, register_wh
from drivers.ocpp.v201_ids import Known, TransactionIds
from drivers.ocpp.v201_states import Flow, Told

CERTAIN_W = 500.0
"""No car takes as much without charging."""
REPEATED_WITHIN_S = 300.0
"""Some stamp a Started event anew when they repeat it."""


class Evses:
    """What only OCPP 2.x knows of a charge point."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: dict[int, Told] = {}
        self._newest: dict[int, datetime] = {}
        self.ids = TransactionIds(session.identity, session.shared.notebook)

    def told(self, connector: Connector) -> Told:
        return self._told.get(connector.config.connector, Told())

    def become(self, connector: Connector, told: Told, now: Now) -> dict[str, Any]:
        """Take a new word on an EVSE; return what it says."""
        self._told[connector.config.connector] = told
        status = told.status(running=connector.transaction is not None)
        if status is None:
            return {}
        return {**connector.on_status(status, now), "status": told.word or str(status)}

    async def take(self, session: Session, payload: dict[str, Any], now: Now) -> Reply:
        """Answer a TransactionEvent."""
        event = read_event(session, payload, now)
        connector, evse = await self._where(event)
        reply: dict[str, Any] = {}
        if event.identified:
            tag = event.tag or ""
            welcome = connector is None or accepts(connector, tag)
            reply["idTokenInfo"] = {"status": "Accepted" if welcome else "Invalid"}
        if event.name is None:
            session.anomalies.count("TransactionEvent without a transaction id")
            return reply, ()
        known = await self._known(event, event.name, connector, evse)
        if event.kind is Kind.ENDED:
            said = await self._ended(event, event.name, known, connector, now)
        elif known.ended:
            session.anomalies.count("event of a transaction that has ended")
            return reply, ()
        else:
            said = await self._running(event, known, connector, now)
        session.work.set()
        return reply, () if connector is None or said is None else [connector.reading(now, **said)]

    async def _where(self, event: Event) -> tuple[Connector | None, int]:
        """The connector and the EVSE's number; only the first event after plugging in tells it."""
        known = None if event.name is None else await self.ids.find(event.name)
        number = event.evse or (known.evse if known is not None else None)
        connector = connector_of(self._session, number) or self._waiting(number)
        return connector, number or (connector.config.connector if connector else 0)

    def _waiting(self, number: int | None) -> Connector | None:
        """Where the event does not say: the only car that waits for a transaction."""
        waiting = [
            c for c in self._session.connectors.values() if c.plugged and c.transaction is None
        ]
        return waiting[0] if number is None and len(waiting) == 1 else None

    async def _known(
        self, event: Event, name: str, connector: Connector | None, evse: int
    ) -> Known:
        """Its record, which is on disk before the charger hears of it."""
        session = self._session
        known = await self.ids.find(name)
        if known is not None and not _begins_another(event, known):
            return known
        begins = event.kind is Kind.STARTED
        if not begins:
            session.anomalies.count("transaction without a Started event")
        charged_s = event.seconds_charged if event.kind is Kind.ENDED else 0.0
        row = await session.shared.book.open_transaction(
            charger=device_of(session, connector, evse),
            id_tag=event.tag or "",
            started_at=event.stamp.at - timedelta(seconds=charged_s),
            meter_start_wh=register_wh(event, last=False) if begins else None,
        )
        known = Known(id=row.id, evse=evse, begun=event.written)
        await self.ids.keep(name, known)
        session.records.unfinished[row.id] = row
        return known

    async def _ended(
        self, event: Event, name: str, known: Known, connector: Connector | None, now: Now
    ) -> dict[str, Any] | None:
        session = self._session
        if known.ended:
            session.anomalies.count("TransactionEvent Ended repeated")
            return None
        mine = connector is not None and connector.transaction_id == known.id
        meter_stop_wh = register_wh(event, last=True)
        if meter_stop_wh is None and connector is not None and mine:
            meter_stop_wh = connector.meter.register_wh
        device = device_of(session, connector, known.evse)
        await session.shared.book.close_transaction(
            charger=device,
            transaction_id=known.id,
            stopped_at=event.stamp.at,
            meter_stop_wh=meter_stop_wh,
            reason=event.reason or "Local",
        )
        session.records.forget(known.id, device)
        await self.ids.keep(name, replace(known, ended=True))
        other = connector is not None and connector.transaction is not None and not mine
        if connector is None or other or not (mine or self._is_live(event, connector, now)):
            return None
        by_hand = event.reason == BY_HAND and bool(event.tag) and not event.stamp.late
        said = connector.on_stop(now, by_hand=by_hand) if mine else {}
        fresh = connector.status_is_fresh
        gone = event.gone or event.flow is Flow.IDLE
        said |= self.become(connector, self.told(connector).ended(gone=gone), now)
        connector.status_is_fresh = fresh or not event.stamp.late
        if meter_stop_wh is not None:
            said |= connector.on_register(meter_stop_wh, now)
        return said

    async def _running(
        self, event: Event, known: Known, connector: Connector | None, now: Now
    ) -> dict[str, Any] | None:
        """Bring the live state up to date; None if the event is history."""
        if connector is None or not self._is_live(event, connector, now):
            return None
        said: dict[str, Any] = {}
        if connector.transaction_id != known.id:
            said |= await self._begin(event, known, connector, now)
        said |= _authorise(event, connector, now)
        told = self.told(connector)
        if event.flow is not None:
            said |= self.become(connector, told.flow_said(event.flow), now)
        news = take_values(self._session, connector, event.values, now, numbers=True) or {}
        if _contradicts(event, told, abs(news.get("power_w", 0.0))):
            said |= self.become(connector, told.flow_said(Flow.CHARGING), now)
        elif event.flow is None and told.flow is None:
            said |= self.become(connector, told, now)
        connector.doubt.dispel()
        if event.phases is not None:
            said["phases"] = event.phases
        return said | news

    async def _begin(
        self, event: Event, known: Known, connector: Connector, now: Now
    ) -> dict[str, Any]:
        """The transaction runs; whatever else ran here has ended."""
        session = self._session
        row = session.records.unfinished.pop(known.id, None)
        meter_start_wh = None if row is None else row.meter_start_wh
        await close_older(session, connector, known.id, meter_start_wh, now)
        told = self.told(connector)
        self._told[connector.config.connector] = replace(told, flow=None)
        wanted = _asks_for_energy(event, connector)
        running = OpenTransaction(
            id=known.id,
            id_tag=event.tag or (row.id_tag if row is not None else None) or None,
            meter_start_wh=meter_start_wh,
            started_s=now.mono_s if wanted and event.kind is Kind.STARTED else None,
            name=event.name,
            authorised=wanted,
        )
        return connector.on_start(running, now)

    def _is_live(self, event: Event, connector: Connector, now: Now) -> bool:
        """Whether it tells of the present: not late, and nothing newer was heard."""
        number = connector.config.connector
        newest = self._newest.get(number, event.stamp.at)
        jumped_back = newest > now.at
        if event.stamp.late or (event.stamp.at < newest and not jumped_back):
            return False
        self._newest[number] = event.stamp.at
        return True


def _begins_another(event: Event, known: Known) -> bool:
    """Whether a charger uses a name again, rather than repeat itself or come late."""
    if event.kind is not Kind.STARTED or event.written == known.begun:
        return False
    begun = parse.timestamp(known.begun)
    later = begun is not None and (event.stamp.at - begun[0]).total_seconds() > REPEATED_WITHIN_S
    return known.ended or later


def _contradicts(event: Event, told: Told, power_w: float) -> bool:
    """Whether the meter shows a charge where the charger tells of none.

    Some say EVConnected for as long as the cable is plugged in, some never tell a state.
    """
    if event.flow is None and told.flow is None:
        return power_w >= FLOW_W
    return power_w >= CERTAIN_W and (event.flow or told.flow) in (Flow.EV_CONNECTED, Flow.IDLE)


def _asks_for_energy(event: Event, connector: Connector) -> bool:
    """Whether somebody was let charge, or energy flows anyway."""
    welcome = event.identified and accepts(connector, event.tag or "")
    return welcome or event.flow not in (None, Flow.EV_CONNECTED, Flow.IDLE)


def _authorise(event: Event, connector: Connector, now: Now) -> dict[str, Any]:
    """Take who charges, and whether energy is asked for."""
    running = connector.transaction
    if running is None:
        return {}
    wanted = _asks_for_energy(event, connector)
    if wanted and not running.authorised:
        connector.on_start_asked(now)
    tag = event.tag if event.tag is not None else running.id_tag
    connector.transaction = replace(running, id_tag=tag, authorised=running.authorised or wanted)
    return {"id_tag": tag}
