"""What a charger should be set to, in either version: only what differs, one thing at a time.

Settings that decide over reachability (security profile, password, URLs) are never touched.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.model.driver import LinkDown
from drivers.ocpp import parse
from drivers.ocpp.calls import Declined
from drivers.ocpp.quirks import Quirks
from drivers.ocpp.session import Session

log = logging.getLogger(__name__)

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "Current.Offered",
    "SoC",
)
NEEDED = 4
"""So many of the measurands a charger must send, the first ones; the rest is welcome."""

Write = Callable[[str], Awaitable[str]]
"""Sends one value, returns the status of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing to set.

    Args:
        fits: whether a value that the charger has will do as it is.
        others: values to try if the charger does not take `value`, best first.
    """

    key: str
    value: str
    fits: Callable[[str], bool]
    others: tuple[str, ...] = ()


def exactly(key: str, value: str) -> Setting:
    return Setting(key=key, value=value, fits=lambda held: held.lower() == value.lower())


def at_least(key: str, least: int) -> Setting:
    return Setting(
        key=key, value=str(least), fits=lambda held: (parse.number(held) or least) >= least
    )


def measurands(key: str, quirks: Quirks) -> Setting:
    """The list of what is measured; one unknown name makes a charger refuse all of it."""
    wanted = quirks.measurands or MEASURANDS
    needed = set(wanted[:NEEDED])
    shorter = (",".join(wanted[:count]) for count in range(len(wanted) - 1, 1, -1))

    def fits(held: str) -> bool:
        return needed <= {name.strip(' "') for name in held.split(",")}

    return Setting(key=key, value=",".join(wanted), fits=fits, others=tuple(shorter))


class Setter:
    """Writes settings until the charger falls silent twice."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._silent = False

    async def put(self, setting: Setting, key: str, write: Write) -> None:
        """Write one setting, which the charger calls `key`.

        Raises:
            LinkDown: no answer for the second time; ZJ Beny leaves some unanswered.
        """
        try:
            await self._try(setting, key, write)
            self._silent = False
        except LinkDown:
            if self._silent or not self._session.linked:
                raise
            self._silent = True

    async def _try(self, setting: Setting, key: str, write: Write) -> None:
        session = self._session
        for value in (setting.value, *setting.others):
            session.suspicion.writes(key, session.shared.clock.now().mono_s)
            try:
                status = await write(value)
            except Declined:
                return
            if status in ("Accepted", "RebootRequired"):
                later = " after its next restart" if status == "RebootRequired" else ""
                log.info("%s: set %s to %r%s", session.name, key, value, later)
                return


def switches_phases(session: Session) -> bool:
    """Whether the installer wants phases of this box to be changed."""
    return any(c.config.phase_switching for c in session.connectors.values())


async def note_phases(session: Session, value: str) -> None:
    """Remember whether it says that it can change from three phases to one."""
    able = value.strip().lower() != "false"
    if able == session.knowledge.note.get("phases_3to1", True):
        return
    await session.knowledge.remember(phases_3to1=able)
    for connector in session.connectors.values():
        connector.says_unswitchable = not able
        if connector.unswitchable:
            log.warning("%s stays on three phases: %s", connector.name, connector.unswitchable)
        await session.tell(connector)


async def note_units(session: Session, value: str) -> None:
    """Remember which units limits may have: Current, Power, A, W, both or nonsense."""
    words = [word.strip() for word in value.lower().replace(";", ",").split(",")]
    units = [
        unit
        for unit, names in (("A", ("current", "a")), ("W", ("power", "w")))
        if any(name in words for name in names)
    ]
    if units == session.knowledge.note.get("units"):
        return
    await session.knowledge.remember(units=units)
    for connector in session.connectors.values():
        if connector.limiter.held is None:
            connector.limiter.choice.start_over(session.knowledge.forms(connector))
