"""What nobody asks for and must happen all the same: timers, refreshes, lost transactions.

Two kinds of work per charge point: a glance every second that never waits for the charger, and
a worker that does what the glance found due.
"""

import logging

from agent.model.clock import Now
from agent.model.driver import LinkDown, Refused
from drivers.ocpp import audit, steering
from drivers.ocpp.calls import Priority
from drivers.ocpp.connector import RECONSTRUCT_AFTER_S, Connector
from drivers.ocpp.session import Session
from drivers.ocpp.transactions import infer_end

log = logging.getLogger(__name__)


async def glance(session: Session, now: Now) -> None:
    """Report what time alone has changed, and wake the worker if something is due."""
    session.check_pulse(now)
    news = session.anomalies.news()
    for connector in session.connectors.values():
        said = {} if news is None else {"anomalies": news[0], "last_anomaly": news[1]}
        news = None  # counted once, for the first connector of a box
        if said or (session.linked and connector.changed(now)):
            await session.shared.report(connector.reading(now, **said))
        await close_lost(session, connector, now)
        if session.linked and _is_due(session, connector, now):
            session.work.set()


async def keep_up(session: Session) -> None:
    """Do what is due, for ever."""
    while True:
        await session.work.wait()
        session.work.clear()
        if not session.linked or session.deaf:
            continue
        try:
            await _work_off(session)
        except (LinkDown, Refused) as error:
            log.debug("%s", error)


async def _work_off(session: Session) -> None:
    for connector in session.connectors.values():
        await _limit(session, connector)
    if session.ping_due:
        await session.ping()
    if session.audit_due:
        await session.settled()
        session.audit_due = False
        await audit.audit(session)
    for connector in session.connectors.values():
        if audit.meter_values_missing(session, connector, session.shared.clock.now().mono_s):
            await audit.trigger_meter_values(session, connector)
        if connector.read_back_due:
            await steering.read_back(session, connector)


async def _limit(session: Session, connector: Connector) -> None:
    now = session.shared.clock.now()
    if connector.resend_due_s is not None and now.mono_s >= connector.resend_due_s:
        connector.resend_due_s = None
        connector.limiter.want(connector.limiter.wanted_a)
    async with connector.lock:
        try:
            await steering.write_limits(session, connector, Priority.STOP)
        except Refused as error:
            log.debug("%s", error)


def _is_due(session: Session, connector: Connector, now: Now) -> bool:
    if connector.resend_due_s is not None and now.mono_s >= connector.resend_due_s:
        return True
    if audit.meter_values_missing(session, connector, now.mono_s):
        return True
    write = connector.limiter.due(
        now, car=connector.plugged, transaction_id=connector.transaction_id
    )
    return write is not None


async def close_lost(session: Session, connector: Connector, now: Now) -> None:
    """End a transaction in the book that the charger has evidently ended without a word."""
    lost = set()
    if connector.lost_transaction(now) and connector.transaction is not None:
        lost.add(connector.transaction.id)
    free_s = connector.available_since_s
    if free_s is not None and now.mono_s - free_s >= RECONSTRUCT_AFTER_S:
        mine = (t for t in session.records.unfinished.values() if t.charger == connector.device)
        lost |= {t.id for t in mine}
    for transaction_id in sorted(lost):
        log.info("%s: a charge ended without a word; Hearth closes its record", connector.name)
        register_wh = connector.meter.register_wh
        await infer_end(session, connector, transaction_id, register_wh, now)
        if connector.transaction_id == transaction_id:
            await session.shared.report(connector.reading(now, **connector.on_stop(now)))
