"""After a charger has connected: what it has not said is asked, what it should do is set.

Only settings that differ are written, one at a time; keys that decide over reachability
(SecurityProfile, AuthorizationKey, URLs) are never touched. A charger that reboots right after
a change is left alone from then on: ABB Terra AC accepts settings that make it reboot for ever.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.model.driver import LinkDown
from drivers.ocpp import parse, requests
from drivers.ocpp.calls import Declined, Priority
from drivers.ocpp.connector import Connector
from drivers.ocpp.quirks import Quirks
from drivers.ocpp.session import Session
from drivers.ocpp.states import Status

log = logging.getLogger(__name__)

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "Current.Offered",
    "SoC",
)
SAMPLED_KEY = "MeterValuesSampledData"
UNITS_KEY = "ChargingScheduleAllowedChargingRateUnit"
LEFT_ALONE = "left alone"
TRIGGER_MIN_S = 30.0
"""Mennekes chargers block when asked more often."""
SILENT_SAMPLES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A key, the value it should have, and whether a readable value will do as it is."""

    key: str
    value: str
    fits: Callable[[str], bool]


async def audit(session: Session) -> None:
    """Run once per connection.

    Raises:
        LinkDown: the charger does not answer any more.
    """
    for connector in session.connectors.values():
        if not connector.status_is_fresh:
            await _trigger(session, connector, "StatusNotification")
    if session.booted_s is not None and session.knowledge.note.get("audit") != LEFT_ALONE:
        await _settings(session)
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
    """Ask for a message; some chargers take the connector's number, some none, some 0."""
    for number in (connector.config.connector, None, 0):
        try:
            answer = await session.call(requests.trigger(message, number), priority=Priority.INFO)
        except Declined:
            return
        if answer.get("status") == "Accepted":
            return
        if not session.alone:
            return


async def _settings(session: Session) -> None:
    wanted = {s.key.lower(): s for s in _wanted(session)}
    keys = [*(s.key for s in wanted.values()), UNITS_KEY]
    session.suspicion.reads(session.shared.clock.now().mono_s)
    try:
        answer = await session.call(requests.get_configuration(keys), priority=Priority.CONFIG)
    except Declined as error:
        log.debug("%s does not tell its settings: %s", session.name, error)
        return
    silent = False
    entries = answer.get("configurationKey")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, Mapping):
            continue
        key = parse.text(entry.get("key")) or ""
        value = entry.get("value")
        value = value.strip() if isinstance(value, str) else str(value or "")
        if key.lower() == UNITS_KEY.lower():
            await _note_units(session, value)
        setting = wanted.get(key.lower())
        if setting is None or entry.get("readonly") in (True, "true") or setting.fits(value):
            continue
        try:
            await _change(session, setting, key)
            silent = False
        except LinkDown:  # ZJ Beny leaves some settings unanswered; one after the other is enough
            if silent or not session.linked:
                raise
            silent = True


async def _change(session: Session, setting: Setting, key: str) -> None:
    """Write a setting under the name that the charger has for it."""
    values = [setting.value]
    if setting.key == SAMPLED_KEY:  # one unknown name makes a charger refuse the whole list
        names = setting.value.split(",")
        values = [",".join(names[:count]) for count in range(len(names), 1, -1)]
    for value in values:
        session.suspicion.writes(key, session.shared.clock.now().mono_s)
        try:
            answer = await session.call(
                requests.change_configuration(key, value), priority=Priority.CONFIG
            )
        except Declined:
            return
        status = answer.get("status")
        if status in ("Accepted", "RebootRequired"):
            later = " after its next restart" if status == "RebootRequired" else ""
            log.info("%s: set %s to %r%s", session.name, key, value, later)
            return


async def _note_units(session: Session, value: str) -> None:
    """Remember which units limits may have: Current, Power, A, W, both or nonsense."""
    words = value.lower()
    units = [
        unit
        for unit, names in (("A", ("current", "a")), ("W", ("power", "w")))
        if any(name in [w.strip() for w in words.replace(";", ",").split(",")] for name in names)
    ]
    if units == session.knowledge.note.get("units"):
        return
    await session.knowledge.remember(units=units)
    for connector in session.connectors.values():
        if connector.limiter.held is None:
            connector.limiter.choice.start_over(session.knowledge.forms(connector))


def _wanted(session: Session) -> list[Setting]:
    first = next(iter(session.connectors.values())).config
    heartbeat = str(session.quirks.heartbeat_s or session.heartbeat_s)
    return [
        _exactly("HeartbeatInterval", heartbeat),
        _exactly("MeterValueSampleInterval", str(first.meter_values_s)),
        _measurands(session.quirks),
        _exactly("ClockAlignedDataInterval", "0"),
        _exactly("StopTxnSampledData", ""),
        _exactly("WebSocketPingInterval", "30"),
        _exactly("StopTransactionOnEVSideDisconnect", "true"),
        _exactly("AuthorizeRemoteTxRequests", "false"),
        _at_least("ConnectionTimeOut", 120),
        _at_least("TransactionMessageAttempts", 3),
    ]


def _exactly(key: str, value: str) -> Setting:
    return Setting(key=key, value=value, fits=lambda held: held.lower() == value.lower())


def _at_least(key: str, least: int) -> Setting:
    return Setting(
        key=key, value=str(least), fits=lambda held: (parse.number(held) or least) >= least
    )


def _measurands(quirks: Quirks) -> Setting:
    wanted = quirks.measurands or MEASURANDS
    needed = set(wanted[:4])

    def fits(held: str) -> bool:
        return needed <= {name.strip(' "') for name in held.split(",")}

    return Setting(key=SAMPLED_KEY, value=",".join(wanted), fits=fits)
