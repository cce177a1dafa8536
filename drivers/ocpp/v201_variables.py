"""Variables of OCPP 2.x: read once, written where they differ.

Read by GetVariables; a charger that has no such thing is asked for a report instead, and what its
NotifyReports tell is used at the next round.
"""

import functools
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drivers.ocpp import parse, v201_requests
from drivers.ocpp.calls import Declined, Priority
from drivers.ocpp.quirks import BY_THE_BOOK
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

UNITS = "SmartChargingCtrlr.RateUnit"
PHASES = "SmartChargingCtrlr.Phases3to1"
CHOICE = "SmartChargingCtrlr.ACPhaseSwitchingSupported"
"""Whether phaseToUse may be named."""
REGISTER = "Energy.Active.Import.Register"
AT_ONCE = 16
"""Asked for in one message; halved if the charger finds that too many."""
UNABLE = frozenset({"NotImplemented", "NotSupported"})

Values = dict[str, str | None]
"""By name in lower case; None where the charger has the variable but does not tell its value."""


class Variables:
    """Of one charge point."""

    def __init__(self) -> None:
        self._reported: Values | None = None  # once GetVariables has failed

    async def configure(self, session: Session) -> None:
        """Set what should differ.

        Raises:
            LinkDown: the charger does not answer any more.
        """
        wanted = _wanted(session)
        session.suspicion.reads(session.shared.clock.now().mono_s)
        held = self._reported
        if held is None:
            held = await _read(session, [*(s.key for s in wanted), *_also(session)])
        if held is None:
            await self._ask_for_report(session)
            return
        units = held.get(UNITS.lower())
        if units:
            await note_units(session, units)
        if switches_phases(session):
            await note_phases(session, held.get(PHASES.lower()) or "")
            choice = (held.get(CHOICE.lower()) or "").strip().lower() == "true"
            await session.knowledge.remember(phase_to_use=choice)
            for connector in session.connectors.values():
                connector.chooses_phase = choice
        setter = Setter(session)
        for setting in wanted:
            value = held.get(setting.key.lower())
            if setting.key.lower() not in held or (value is not None and setting.fits(value)):
                continue
            write = functools.partial(_write, session, setting.key)
            await setter.put(setting, setting.key, write)

    def reported(self, session: Session, payload: Mapping[str, Any]) -> None:
        """Take a NotifyReport; other reports than ours are nobody's business."""
        if self._reported is None:
            return
        known = {s.key.lower() for s in _wanted(session)}
        known |= {name.lower() for name in _also(session)}
        for name, entry in _named(payload.get("reportData")):
            if name in known:
                self._reported[name] = _actual(entry.get("variableAttribute"))
        if not payload.get("tbc") and self._reported:
            session.audit_due = True
            session.work.set()

    async def _ask_for_report(self, session: Session) -> None:
        self._reported = {}
        number = int(session.shared.clock.now().mono_s) % 2**31
        try:
            await session.call(v201_requests.get_base_report(number), priority=Priority.CONFIG)
        except Declined as error:
            log.debug("%s does not tell its settings: %s", session.name, error)


async def _read(session: Session, names: Sequence[str]) -> Values | None:
    """Values by name; None if the charger cannot tell."""
    held: Values = {}
    batches = [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]
    while batches:
        batch = batches.pop(0)
        request = v201_requests.get_variables([where(name) for name in batch])
        try:
            answer = await session.call(request, priority=Priority.CONFIG)
        except Declined as error:
            if error.code in UNABLE:
                return None
            half = len(batch) // 2
            batches[:0] = [batch[:half], batch[half:]] if half else []
            continue
        for name, entry in _named(answer.get("getVariableResult")):
            if entry.get("attributeStatus") == "Accepted":
                value = entry.get("attributeValue")
                held[name] = None if value is None else parse.text(str(value), 2500) or ""
    return held


async def _write(session: Session, name: str, value: str) -> str:
    request = v201_requests.set_variable(where(name), value)
    answer = await session.call(request, priority=Priority.CONFIG)
    results = answer.get("setVariableResult")
    first = results[0] if isinstance(results, list) and results else None
    return str(first.get("attributeStatus")) if isinstance(first, dict) else ""


def _wanted(session: Session) -> list[Setting]:
    first = next(iter(session.connectors.values())).config
    heartbeat = str(session.quirks.heartbeat_s or session.heartbeat_s)
    return [
        exactly("OCPPCommCtrlr.HeartbeatInterval", heartbeat),
        exactly("OCPPCommCtrlr.WebSocketPingInterval", "30"),
        at_least("OCPPCommCtrlr.MessageAttempts.TransactionEvent", 3),
        exactly("SampledDataCtrlr.TxUpdatedInterval", str(first.meter_values_s)),
        measurands("SampledDataCtrlr.TxUpdatedMeasurands", BY_THE_BOOK),
        _register_in("SampledDataCtrlr.TxStartedMeasurands"),
        _register_in("SampledDataCtrlr.TxEndedMeasurands"),
        exactly("AlignedDataCtrlr.Interval", "0"),
        exactly("AuthCtrlr.AuthorizeRemoteStart", "false"),
        exactly("SmartChargingCtrlr.Enabled", "true"),
        at_least("TxCtrlr.EVConnectionTimeOut", 120),
        exactly("TxCtrlr.StopTxOnEVSideDisconnect", "true"),
    ]


def _also(session: Session) -> tuple[str, ...]:
    """What is read and never written."""
    return (UNITS, PHASES, CHOICE) if switches_phases(session) else (UNITS,)


def _register_in(key: str) -> Setting:
    return Setting(key=key, value=REGISTER, fits=lambda held: REGISTER in held)


def where(name: str) -> dict[str, Any]:
    """Component and variable, from COMPONENT.VARIABLE or COMPONENT.VARIABLE.INSTANCE."""
    component, variable, *instance = name.split(".")
    named = {"name": variable, **({"instance": instance[0]} if instance else {})}
    return {"component": {"name": component}, "variable": named}


def _named(entries: object) -> Iterable[tuple[str, dict[str, Any]]]:
    """The entries of a report or an answer with their names in lower case."""
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        component, variable = entry.get("component"), entry.get("variable")
        if isinstance(component, dict) and isinstance(variable, dict):
            parts = (component.get("name"), variable.get("name"), variable.get("instance"))
            yield ".".join(parse.text(part) or "?" for part in parts if part).lower(), entry


def _actual(attributes: object) -> str | None:
    """The value itself among a variable's attributes (target, limits, ...)."""
    for attribute in attributes if isinstance(attributes, list) else ():
        if isinstance(attribute, dict) and attribute.get("type", "Actual") == "Actual":
            value = attribute.get("value")
            return None if value is None else str(value)
    return None
