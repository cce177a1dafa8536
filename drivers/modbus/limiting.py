"""Turning a solar inverter down: what it may give at most, written again before it decays.

Safe state on loss: the inverter sets itself free by its revert timer where it has one, and is set
free when Hearth stops, or if nobody asks for a limit any more after a restart.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from agent.model.clock import Clock
from agent.model.driver import LinkDown, Notebook, Refused
from agent.model.readings import DeviceId, InverterReading
from agent.model.targets import InverterTarget
from drivers.modbus.faults import BusFault
from drivers.modbus.model import Key, ProductionLimit, Register, Values, number
from drivers.modbus.poller import Poller
from drivers.modbus.sequences import Ask, Write, sequence
from drivers.modbus.steering import ADOPT_WITHIN_S, SAFE_WITHIN_S, Port
from drivers.modbus.writer import Writer, as_trouble, carry_out, writable

log = logging.getLogger(__name__)

_HELD: Final = "limit"


class Limiting:
    """The production limit of one inverter.

    Args:
        name: as the installer calls it.
        values: gives the newest values of the device.
        max_power_w: the installer's rating; None = the device must tell.
    """

    def __init__(
        self,
        *,
        device: DeviceId,
        name: str,
        rules: ProductionLimit,
        poller: Poller,
        clock: Clock,
        notebook: Notebook,
        values: Callable[[], Values],
        max_power_w: float | None,
    ) -> None:
        self.device, self._name, self._rules = device, name, rules
        self._poller, self._clock, self._values = poller, clock, values
        self._max_power_w = max_power_w
        self._writer = Writer(
            name=name, key=device, port=Port(poller), clock=clock, notebook=notebook
        )
        self._controls: Mapping[Key, Register] = {}
        self._target: InverterTarget | None = None
        self._turn = asyncio.Lock()
        self._held = asyncio.Event()
        self._recalled = False

    def found(self, registers: Iterable[Register]) -> None:
        """Take the registers that the device really has, addresses included."""
        self._controls = writable(registers)

    async def apply(self, target: InverterTarget) -> None:
        """Limit it, or set it free.

        Raises:
            LinkDown: the device has not answered yet, or does not any more.
            Refused: it cannot be done.
        """
        if self._poller.identity is None:
            raise LinkDown(f"{self._name} has not been reached yet")
        await self._recall()
        async with self._turn:
            writes = self._writes(target.max_power_w)
            self._target = target
            if target.max_power_w is not None:
                await self._writer.hold(_HELD)  # before the first write: a crash leaves a trace
            try:
                await self._run(writes)
            except BusFault as fault:
                raise as_trouble(self._name, fault) from fault
            if target.max_power_w is None:
                await self._let_go()
            else:
                self._held.set()

    async def run(self) -> None:
        """Write again what decays, until cancelled."""
        while True:
            await self._held.wait()
            await self._clock.sleep(self._rules.rewrite_every_s)
            async with self._turn:
                if self._target is None or not self._held.is_set():
                    continue
                try:
                    await self._run(self._writes(self._target.max_power_w))
                except (BusFault, Refused) as error:
                    log.debug("%s: its limit was not renewed: %s", self._name, error)

    async def adopt(self) -> None:
        """Set it free that the last run held, unless somebody asks for a limit in time."""
        await self._recall()
        if not self._writer.held or self._target is not None:
            return
        await self._clock.sleep(ADOPT_WITHIN_S)
        if self._target is None and self._writer.held:
            log.info("%s: nobody asks for its limit any more", self._name)
            await self.give_back()

    async def give_back(self) -> None:
        """Set it free if Hearth, or its last run, holds it; as far as it goes."""
        async with self._turn:
            if not self._writer.held:
                return
            try:
                await self._run(self._writes(None))
            except (BusFault, Refused) as error:
                log.warning("%s could not be set free: %s", self._name, error)
                return
            await self._let_go()

    async def make_safe(self) -> None:
        """Set it free, as far as it goes within 2 s."""
        try:
            async with asyncio.timeout(SAFE_WITHIN_S):
                await self.give_back()
        except TimeoutError:
            log.warning("%s did not answer in time to be set free", self._name)

    async def tell(self) -> InverterReading | None:
        """What its registers say that it may give, stamped before they were asked."""
        now, rated_w = self._clock.now(), self._rated_w()
        percent = self._controls.get(self._rules.percent)
        enabled = self._controls.get(self._rules.enabled)
        if percent is None or enabled is None or rated_w is None:
            return None
        try:
            async with self._turn:
                on, share = await self._writer.read(enabled), await self._writer.read(percent)
        except BusFault as fault:
            log.debug("%s: its limit was not read: %s", self._name, fault)
            return None
        if on is None or (on and share is None):
            return None
        limit_w = rated_w * (share or 0.0) / 100 if on else rated_w
        return InverterReading(
            device=self.device, at=now.at, mono_s=now.mono_s, production_limit_w=limit_w
        )

    def _rated_w(self) -> float | None:
        return number(self._values(), ("inverter", "rated_power_w")) or self._max_power_w

    def _writes(self, power_w: float | None) -> tuple[Write, ...]:
        """Raises: Refused."""
        rated_w = self._rated_w()
        if rated_w is None:
            raise Refused(
                f"{self._name} cannot be turned down: nobody knows what it is rated; set"
                " max_power_w of it"
            )
        ask = Ask(
            name=self._name, mode=None, power_w=power_w, max_power_w=rated_w, values=self._values()
        )
        command = self._rules.release if power_w is None else self._rules.limit
        return sequence(self._poller.model, (command,), self._controls, ask)

    async def _run(self, writes: Iterable[Write]) -> None:
        await carry_out(writes, self._clock, self._writer.rewrite)

    async def _let_go(self) -> None:
        self._target = None
        self._held.clear()
        await self._writer.hold("")

    async def _recall(self) -> None:
        if not self._recalled:
            await self._writer.recall()
            self._recalled = True
