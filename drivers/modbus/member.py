"""One configured device on a bus: its rhythm, whether it is reachable, and its Readings."""

import asyncio
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.model.clock import Clock, Now
from agent.model.driver import DeviceInfo, Report
from agent.model.readings import (
    BatteryReading,
    DeviceKind,
    InverterReading,
    MeterReading,
    Reading,
)
from drivers.modbus.backoff import stretched
from drivers.modbus.faults import BusFault
from drivers.modbus.identity import Identity, NotFound
from drivers.modbus.limiting import Limiting
from drivers.modbus.meaning import Meaning, Parts
from drivers.modbus.model import Tier, Values
from drivers.modbus.plans import TIERS
from drivers.modbus.poller import Pass, Poller
from drivers.modbus.steering import Steering

log = logging.getLogger(__name__)

AT_LEAST_S: Final = {Tier.FAST: 0.0, Tier.NORMAL: 10.0, Tier.SLOW: 30.0, Tier.ONCE: 86400.0}
LOST_AFTER: Final = 2
"""Polls without an answer in a row; one may be bad luck on a serial line."""
SPREAD_S: Final = 0.5

_READINGS: Final[dict[DeviceKind, type[Reading]]] = {
    DeviceKind.INVERTER: InverterReading,
    DeviceKind.BATTERY: BatteryReading,
    DeviceKind.METER: MeterReading,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the installer's file says of one device, as far as polling goes."""

    name: str
    parts: Parts
    infos: Sequence[DeviceInfo]
    poll_s: float
    reverse_sign: bool = False


class Member:
    """Polls one device for ever; a silent one costs its neighbours no more than its time-outs."""

    def __init__(self, setup: Setup, poller: Poller, clock: Clock) -> None:
        self.setup = setup
        self.poller = poller
        self.steering: Steering | None = None
        self.limiting: Limiting | None = None
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._hurry = asyncio.Event()
        self._values: Values = {}
        self._problem: str | None = None
        self._meaning: Meaning | None = None
        self._known_as: Identity | None = None
        self._due_s: dict[Tier, float] = {}
        self._failures = 0
        self._reachable: bool | None = None

    async def watch(self, report: Report) -> None:
        """Poll until cancelled.

        Raises:
            LinkDown: the connection is gone.
        """
        await self._clock.sleep(_spread_s(self.setup.name, self.setup.poll_s))
        while True:
            started_s = self._clock.now().mono_s
            await self.poll(report)
            took_s = self._clock.now().mono_s - started_s
            pause_s = stretched(self.setup.poll_s, took_s) - took_s
            await self._clock.sleep(max(pause_s, self.poller.waits_s()))

    async def attend(self, report: Report) -> None:
        """Poll at once after a command, since only a later Reading proves that it worked.

        Raises:
            LinkDown: the connection is gone.
        """
        while True:
            await self._hurry.wait()
            self._hurry.clear()
            for tier in (Tier.FAST, Tier.NORMAL):
                self._due_s.pop(tier, None)
            await self.poll(report)

    def hurry(self) -> None:
        """Let `attend` poll now."""
        self._hurry.set()

    @property
    def known(self) -> bool:
        """Whether the device answers and everything has been read at least once."""
        return self._reachable is True

    def values(self) -> Values:
        """The newest values of all, and what follows from them."""
        return self._meaning.with_derived(self._values) if self._meaning else {}

    async def poll(self, report: Report) -> None:
        """Read all that is due and report it.

        Raises:
            LinkDown: the connection is gone.
        """
        async with self._one_at_a_time:
            try:
                await self.poller.prepare()
            except (BusFault, NotFound) as fault:
                await self._failed(report, fault)
                return
            self._introduce()
            due = self._due()
            passes = [await self._round(tiers, report) for tiers in self._rounds(due)]
            if any(one.now or one.refused for one in passes):
                if Tier.NORMAL in due:
                    await self._tell_orders(report)
                await self._answered(report, passes)
            elif silent := next((one.fault for one in passes if one.fault), None):
                await self._failed(report, silent)

    async def lost(self, report: Report, why: Exception) -> None:
        """Tell the house that no part of the device can be reached."""
        self._due_s.clear()
        self._reachable, self._problem = False, str(why)
        await self._tell(report, reachable=False, problem=str(why))

    def _rounds(self, due: Sequence[Tier]) -> list[Sequence[Tier]]:
        """Urgent values are read and told first, unless who speaks for a value must be settled."""
        if len(due) == len(TIERS) and self.poller.undecided:
            return [due]
        return [[tier] for tier in due]

    async def _round(self, tiers: Sequence[Tier], report: Report) -> Pass:
        one = await self.poller.read(*tiers)
        if self._meaning is not None and one.now is not None:
            self._values = {**self._values, **one.values}
            for reading in self._meaning.readings(one.values, one.now):
                await report(reading)
        return one

    async def _tell_orders(self, report: Report) -> None:
        """What the device says of what it was told."""
        mode = await self.steering.mode() if self.steering else None
        limit = await self.limiting.tell() if self.limiting else None
        for reading in (mode, limit):
            if reading is not None:
                await report(reading)

    def _due(self) -> list[Tier]:
        now_s = self._clock.now().mono_s
        due = [tier for tier in TIERS if now_s >= self._due_s.get(tier, now_s)]
        for tier in due:
            self._due_s[tier] = now_s + max(self.setup.poll_s, AT_LEAST_S[tier]) * _EARLY
        return due

    def _introduce(self) -> None:
        """Take up what the device turned out to be, when that is news."""
        identity = self.poller.identity
        if identity is None or identity is self._known_as:
            return
        self._known_as = identity
        self._meaning = Meaning(
            self.poller.model,
            identity.registers,
            self.setup.parts,
            variants=identity.variants,
            reverse_sign=self.setup.reverse_sign,
        )
        self._due_s.clear()
        if self.steering:
            self.steering.control.found(identity.registers)
        if self.limiting:
            self.limiting.found(identity.registers)
        if identity.problem:
            log.warning("%s: %s", self.setup.name, identity.problem)

    async def _answered(self, report: Report, passes: Sequence[Pass]) -> None:
        self._failures = 0
        problems = [self._known_as.problem if self._known_as else ""]
        if self.steering:
            problems.append(self.steering.control.problem)
        if silent := self.poller.silent_units():
            problems.append(f"no answer from unit {', '.join(map(str, silent))} behind it")
        if not any(one.now for one in passes):
            problems.append("it refuses what Hearth asks for; is driver: the right device model?")
        problem = "; ".join(filter(None, problems))
        if self._reachable is not True or problem != self._problem:
            self._reachable, self._problem = True, problem
            await self._tell(report, reachable=True, problem=problem)

    async def _failed(self, report: Report, fault: Exception) -> None:
        self._failures += 1
        if self._reachable is False:
            return
        if self._reachable is None or self._failures >= LOST_AFTER:
            log.warning("%s: %s; Hearth keeps asking", self.setup.name, fault)
            await self.lost(report, fault)

    async def _tell(
        self, report: Report, *, reachable: bool | None = None, problem: str | None = None
    ) -> None:
        now: Now = self._clock.now()
        for info in self.setup.infos:
            await report(
                _READINGS[info.kind](
                    device=info.id,
                    at=now.at,
                    mono_s=now.mono_s,
                    reachable=reachable,
                    problem=problem,
                )
            )


_EARLY: Final = 0.9
"""A rhythm is due a little before its time, so that jitter does not skip a beat."""


def _spread_s(name: str, poll_s: float) -> float:
    """Devices of one interval do not fire together; the same device always at the same offset."""
    return zlib.crc32(name.encode()) / 2**32 * min(poll_s, SPREAD_S)
