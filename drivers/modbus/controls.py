"""Steering a battery: an operation mode becomes the map's sequence of writes, and stays so.

Safe state on loss: the battery goes back to its own regulation by the device's time-out where
it has one (see docs/drivers.md), and by the sequence `normal` when Hearth stops.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from agent.model.clock import Clock
from agent.model.driver import Notebook, Refused
from agent.model.readings import BatteryMode
from agent.model.targets import BatteryTarget
from drivers.modbus.faults import BusFault
from drivers.modbus.model import DeviceModel, Key, Register, Values
from drivers.modbus.observing import observed_mode
from drivers.modbus.sequences import (
    Ask,
    Write,
    discharge_problem,
    guard_problem,
    writes_for,
)
from drivers.modbus.writer import ControlPort, Writer, as_trouble, carry_out, writable

log = logging.getLogger(__name__)

_NORMAL = BatteryMode.SELF_RELIANCE


class BatteryControl:
    """One battery.

    Args:
        name: as the installer calls it; `key` is under which its notes are kept.
        values: gives the newest values of the device, derived ones too.
        max_power_w: the installer's rating; None = the device must tell.
    """

    def __init__(
        self,
        *,
        name: str,
        key: str,
        model: DeviceModel,
        port: ControlPort,
        clock: Clock,
        notebook: Notebook,
        values: Callable[[], Values],
        max_power_w: float | None = None,
    ) -> None:
        self.name, self.model = name, model
        self.values, self.clock = values, clock
        self.writer = Writer(name=name, key=key, port=port, clock=clock, notebook=notebook)
        self.target: BatteryTarget | None = None  # what is being held
        self.held = asyncio.Event()  # set while a mode other than normal holds
        self.written_mono_s = float("-inf")
        self.sequence: tuple[Write, ...] = ()
        self.turn = asyncio.Lock()  # one sequence at a time
        self._max_power_w = max_power_w
        self._controls: Mapping[Key, Register] = {}
        self._problem = ""

    @property
    def modes(self) -> tuple[str, ...]:
        """The operation modes that can be set."""
        return tuple(str(mode) for mode in self.model.modes)

    @property
    def problem(self) -> str:
        """What an installer should know; "" if all is well."""
        return self._problem or self.writer.alarm

    def found(self, registers: Iterable[Register]) -> None:
        """Take the registers that the device really has, addresses included."""
        self._controls = writable(registers)

    async def apply(self, target: BatteryTarget) -> None:
        """Bring a mode about; the same target again does no harm.

        Raises:
            Refused: it cannot be done, somebody else steers, or the device said no.
            LinkDown: nothing answered.
        """
        async with self.turn:
            self._problem = self.writer.alarm = ""
            if target.mode is BatteryMode.EXPORT_FOCUS and (why := self.empty_enough()):
                raise Refused(why)
            ask = self._ask(target.mode, target.power_w)
            if why := self.guarded():
                raise Refused(why)
            sequence = writes_for(self.model, self._controls, ask)
            before = self.target
            await self._hold(target, sequence)
            try:
                await self._run(sequence)
            except (BusFault, Refused) as error:
                await self._back_to_normal()
                if isinstance(error, BusFault):
                    raise as_trouble(self.name, error) from error
                raise
            self.written_mono_s = self.clock.now().mono_s
            if target != before:
                log.info("%s: operation mode %s is set", self.name, target.mode)
            if target.mode is _NORMAL:
                await self._let_go()

    async def give_back(self) -> None:
        """Return the battery to its own regulation if Hearth, or its last run, holds it."""
        async with self.turn:
            if self.target is not None or self.writer.held:
                await self._back_to_normal()

    async def give_up(self, problem: str, *, write_normal: bool) -> None:
        """Stop holding the mode, and say why. The caller has the turn."""
        log.warning("%s", problem)
        if write_normal:
            await self._back_to_normal()
        else:
            await self._let_go()
        self._problem = problem

    def empty_enough(self) -> str:
        """Why forced discharge must not start or go on; "" if it may."""
        return discharge_problem(self.name, self.values())

    def guarded(self) -> str:
        """Who else steers the battery; "" if nobody does."""
        return guard_problem(self.name, self.model, self.values())

    def renewed(self) -> tuple[Write, ...]:
        """The sequence with today's values, for set points that follow the house.

        Raises:
            Refused: a value that it needs has become unknown.
        """
        assert self.target is not None  # noqa: S101 (the watchdog asks only while one holds)
        ask = self._ask(self.target.mode, self.target.power_w)
        return writes_for(self.model, self._controls, ask)

    async def observe(self) -> BatteryMode | None:
        """Return the mode that the device's own registers tell; None if they tell none.

        A mode that Hearth holds is believed as long as nothing speaks against it, since many
        control registers cannot be read.

        Raises:
            BusFault: the registers cannot be read now.
        """
        held = self.target.mode if self.target else None
        return await observed_mode(self.model, self._controls, self.writer.read, held)

    def _ask(self, mode: BatteryMode, power_w: float | None) -> Ask:
        return Ask(
            name=self.name,
            mode=mode,
            power_w=power_w,
            max_power_w=self._max_power_w,
            values=self.values(),
        )

    async def _run(self, sequence: Iterable[Write], *, free: bool = False) -> None:
        await carry_out(sequence, self.clock, partial(self.writer.write, free=free))

    async def _back_to_normal(self) -> None:
        """As far as it goes: what fails is tried again by the next command."""
        sequence: tuple[Write, ...] = ()
        try:
            ask = self._ask(_NORMAL, None)
            sequence = writes_for(self.model, self._controls, ask, whatever_works=True)
            await self._run(sequence, free=True)
        except (BusFault, Refused) as error:
            log.warning("%s could not be given back to itself: %s", self.name, error)
            self.target, self.sequence = None, ()
            self.held.clear()
            return
        await self._let_go()

    async def _hold(self, target: BatteryTarget, sequence: tuple[Write, ...]) -> None:
        """Written down before the first write, so that a crash leaves a trace."""
        self.target, self.sequence = target, sequence
        if target.mode is not _NORMAL:
            await self.writer.hold(str(target.mode))
            self.held.set()

    async def _let_go(self) -> None:
        normal = self.target if self.target and self.target.mode is _NORMAL else None
        self.target, self.sequence = normal, ()
        self.held.clear()
        await self.writer.hold("")
