"""After a charger has connected: what it has not said is asked, what it should do is set.

A charger that reboots right after a change is left alone from then on: ABB Terra AC accepts
settings that make it reboot for ever.
"""

import logging

from drivers.ocpp.calls import Declined, Priority
from drivers.ocpp.connector import Connector
from drivers.ocpp.session import Session
from drivers.ocpp.states import Status

log = logging.getLogger(__name__)

LEFT_ALONE = "left alone"
TRIGGER_MIN_S = 30.0
"""Mennekes chargers block when asked more often."""
SILENT_SAMPLES = 4


async def audit(session: Session) -> None:
    """Run once per connection.

    Raises:
        LinkDown: the charger does not answer any more.
    """
    await session.dialect.recover(session)
    for connector in session.connectors.values():
        if not connector.status_is_fresh:
            await _trigger(session, connector, "StatusNotification")
    if session.booted_s is not None and session.knowledge.note.get("audit") != LEFT_ALONE:
        await session.dialect.configure(session)
    for connector in session.connectors.values():
        if connector.plugged and connector.metered_s is None:
            await trigger_meter_values(session, connector)


async def judge_boot(session: Session, mono_s: float) -> None:
    """Leave the settings of a charger alone that restarts because of them."""
    cause = session.suspicion.booted(mono_s)
    if cause is not None and session.knowledge.note.get("audit") != LEFT_ALONE:
        log.warning(
            "%s restarted just after Hearth %s; Hearth leaves its settings alone from now on",
            session.name,
            cause,
        )
        await session.knowledge.remember(audit=LEFT_ALONE)


async def trigger_meter_values(session: Session, connector: Connector) -> None:
    connector.metered_s = session.shared.clock.now().mono_s  # or the attempt would repeat at once
    if session.quirks.meter_trigger_s != 0:
        await _trigger(session, connector, "MeterValues")


def meter_values_missing(session: Session, connector: Connector, mono_s: float) -> bool:
    """Whether a charging charger has been silent for longer than it should."""
    quirks = session.quirks
    if connector.status is not Status.CHARGING or quirks.meter_trigger_s == 0:
        return False
    patience_s = quirks.meter_trigger_s or max(
        TRIGGER_MIN_S, SILENT_SAMPLES * connector.config.meter_values_s
    )
    return connector.metered_s is None or mono_s - connector.metered_s >= patience_s


async def _trigger(session: Session, connector: Connector, message: str) -> None:
    """Ask for a message, in one way after the other until the charger agrees."""
    for request in session.dialect.triggers(session, connector, message):
        try:
            answer = await session.call(request, priority=Priority.INFO)
        except Declined:
            return
        if answer.get("status") == "Accepted":
            return
