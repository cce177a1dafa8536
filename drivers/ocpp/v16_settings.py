"""Configuration keys of OCPP 1.6 (§9): read once, written where they differ."""

import functools
import logging
from collections.abc import Mapping

from drivers.ocpp import parse, v16_requests
from drivers.ocpp.calls import Declined, Priority
from drivers.ocpp.session import Session
from drivers.ocpp.settings import (
    Setter,
    Setting,
    at_least,
    exactly,
    measurands,
    note_phases,
    note_units,
    switches_phases,
)

log = logging.getLogger(__name__)

UNITS_KEY = "ChargingScheduleAllowedChargingRateUnit"
PHASES_KEY = "ConnectorSwitch3to1PhaseSupported"


async def set_keys(session: Session) -> None:
    """Raises:
    LinkDown: the charger does not answer any more.
    """
    wanted = {s.key.lower(): s for s in _wanted(session)}
    keys = [*(s.key for s in wanted.values()), UNITS_KEY]
    if switches_phases(session):
        keys.append(PHASES_KEY)
    session.suspicion.reads(session.shared.clock.now().mono_s)
    try:
        request = v16_requests.get_configuration(keys)
        answer = await session.call(request, priority=Priority.CONFIG)
    except Declined as error:
        log.debug("%s does not tell its settings: %s", session.name, error)
        return
    setter = Setter(session)
    entries = answer.get("configurationKey")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, Mapping):
            continue
        key = parse.text(entry.get("key")) or ""
        value = entry.get("value")
        value = value.strip() if isinstance(value, str) else str(value or "")
        if key.lower() == UNITS_KEY.lower():
            await note_units(session, value)
        elif key.lower() == PHASES_KEY.lower() and switches_phases(session):
            await note_phases(session, value)
        setting = wanted.get(key.lower())
        if setting is None or entry.get("readonly") in (True, "true") or setting.fits(value):
            continue
        await setter.put(setting, key, functools.partial(_write, session, key))


async def _write(session: Session, key: str, value: str) -> str:
    request = v16_requests.change_configuration(key, value)
    return str((await session.call(request, priority=Priority.CONFIG)).get("status"))


def _wanted(session: Session) -> list[Setting]:
    first = next(iter(session.connectors.values())).config
    return [
        exactly("HeartbeatInterval", str(session.quirks.heartbeat_s or session.heartbeat_s)),
        exactly("MeterValueSampleInterval", str(first.meter_values_s)),
        measurands("MeterValuesSampledData", session.quirks),
        exactly("ClockAlignedDataInterval", "0"),
        exactly("StopTxnSampledData", ""),
        exactly("WebSocketPingInterval", "30"),
        exactly("StopTransactionOnEVSideDisconnect", "true"),
        exactly("AuthorizeRemoteTxRequests", "false"),
        at_least("ConnectionTimeOut", 120),
        at_least("TransactionMessageAttempts", 3),
    ]
