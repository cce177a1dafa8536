"""While a mode holds: write again what decays, and notice who else writes.

Remote control decays by design (20 to 120 s in most makes), so that a dead controller leaves a
normal house. Hearth writes again at a third to half of that time. A register that comes back
with another value twice is written by somebody else; two masters on one battery wear out its
registers and help nobody, so Hearth stops and says so.
"""

import logging
from typing import Final

from agent.model.driver import Refused
from agent.model.readings import BatteryMode
from drivers.modbus.controls import BatteryControl
from drivers.modbus.faults import BusFault
from drivers.modbus.model import Key, Register
from drivers.modbus.sequences import Write, near_enough

log = logging.getLogger(__name__)

GUARD_EVERY_S: Final = 5.0
"""How often the reserve of a discharging battery is compared."""

CHECK_EVERY_S: Final = 60.0
"""How often a device without a time-out is asked whether it still holds what was written."""

DRIFTS_ALLOWED: Final = 1


class BatteryWatchdog:
    """Keeps one battery in its mode."""

    def __init__(self, control: BatteryControl) -> None:
        self._control = control
        self._drifts: dict[Key, int] = {}
        self._holding: object = None
        dog = control.model.watchdog
        self.every_s = dog.rewrite_every_s if dog else CHECK_EVERY_S
        self._timeout_s = dog.device_timeout_s if dog else float("inf")
        self._decaying = dog.controls if dog else ()

    async def run(self) -> None:
        """Until cancelled. Raises nothing: a link that is down is told by the poller."""
        control = self._control
        while True:
            await control.held.wait()
            due_s = control.written_mono_s + self.every_s - control.clock.now().mono_s
            pause_s = min(GUARD_EVERY_S, due_s) if due_s > 0 else GUARD_EVERY_S
            await control.clock.sleep(pause_s)
            async with control.turn:
                if control.target is None or not control.held.is_set():
                    continue
                await self.step()

    async def step(self) -> None:
        """One look at the battery; the caller has the turn."""
        control = self._control
        if control.target is not self._holding:
            self._holding, self._drifts = control.target, {}
        if control.target and control.target.mode is BatteryMode.EXPORT_FOCUS:
            why = control.empty_enough()
            if why:
                await control.give_up(why, write_normal=True)
                return
        if control.clock.now().mono_s - control.written_mono_s < self.every_s:
            return
        guarded = control.guarded()
        if guarded:
            await control.give_up(guarded, write_normal=False)
            return
        try:
            await self._renew()
        except (BusFault, Refused) as error:
            log.debug("%s: not renewed: %s", control.name, error)
            if control.writer.alarm:
                await control.give_up(control.writer.alarm, write_normal=True)

    async def _renew(self) -> None:
        control = self._control
        if not await self._undisturbed():
            return
        control.sequence = control.renewed()
        for write in control.sequence:
            if write.register is not None and self._decays(write.register):
                await self._rewrite(write, write.register)
        control.written_mono_s = control.clock.now().mono_s

    async def _rewrite(self, write: Write, register: Register) -> None:
        try:
            await self._control.writer.rewrite(register, write.value)
        except BusFault:
            if not write.optional:
                raise

    def _decays(self, register: Register) -> bool:
        if self._control.model.watchdog is None:
            return False
        return not self._decaying or register.key in self._decaying

    async def _undisturbed(self) -> bool:
        """Compare what stands in the device with what was written; put it right once.

        After a silence longer than the device's time-out nothing is held against anybody.
        """
        control = self._control
        age_s = control.clock.now().mono_s - control.written_mono_s
        expired = age_s > self._timeout_s
        for write in control.sequence:
            register = write.register
            if register is None or not register.readable:
                continue
            written = control.writer.last.get(register.key)
            found = await control.writer.read(register)
            if written is None or found is None or near_enough(register, written, found):
                continue
            drifts = self._drifts.get(register.key, 0) + (not expired)
            self._drifts[register.key] = drifts
            if drifts > DRIFTS_ALLOWED:
                await control.give_up(
                    f"{control.name} is controlled by someone else: {register.name} went back "
                    f"from {written:g} to {found:g} twice. Hearth stopped writing; switch the "
                    "other controller off and set the mode again",
                    write_normal=False,
                )
                return False
            await control.writer.write(register, written)
        return True
