"""One write to one register: only when it changes something, counted, and read back."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Protocol

from agent.model.clock import Clock
from agent.model.driver import LinkDown, Notebook, Refused, Unable
from drivers.modbus.budget import WriteBudget
from drivers.modbus.codec import decode, encode
from drivers.modbus.faults import SILENT, BusFault
from drivers.modbus.model import Key, Register, Value, WordOrder
from drivers.modbus.sequences import Write, near_enough

TOPIC: Final = "modbus-control"
READ_BACK_PAUSES_S: Final = (0.0, 1.0, 2.0)
_EXACT: Final = 1e-6


class ControlPort(Protocol):
    """How the link lets one device be steered; both raise BusFault."""

    async def read(self, register: Register) -> Value | None:
        """The register's value, decoded; None if the device has none."""

    async def write(self, register: Register, words: Sequence[int]) -> None:
        """Write with the register's `write_function`, else 6 for one word and 16 for more."""


async def carry_out(
    writes: Iterable[Write], clock: Clock, send: Callable[[Register, float], Awaitable[None]]
) -> None:
    """Writes and pauses, one after the other. What a device may do without is left out where it
    refuses that; a device that is silent ends it.

    Raises:
        BusFault: the device or the link refused.
        Refused: see Writer.
    """
    for write in writes:
        if write.wait_s:
            await clock.sleep(write.wait_s)
        if write.register is None:
            continue
        try:
            await send(write.register, write.value)
        except BusFault as error:
            if not write.optional or error.fault in SILENT:
                raise


def writable(registers: Iterable[Register]) -> dict[Key, Register]:
    """Those that can be written, by key; of several with one key, the first."""
    found: dict[Key, Register] = {}
    for register in registers:
        if register.writable:
            found.setdefault(register.key, register)
    return found


class Writer:
    """Writes to one device.

    Args:
        name: the device as the installer calls it.
        key: under which its notes are kept.
    """

    def __init__(
        self, *, name: str, key: str, port: ControlPort, clock: Clock, notebook: Notebook
    ) -> None:
        self.name, self._key = name, key
        self._port, self._clock, self._notebook = port, clock, notebook
        self._budget = WriteBudget()
        self.held = ""  # the mode that is being held, kept so that a restart can give it back
        self.last: dict[Key, float] = {}
        self.alarm = ""

    async def recall(self) -> None:
        """Take up what an earlier run has written down."""
        note = await self._notebook.read_note(TOPIC, self._key) or {}
        written = note.get("written")
        past = written if isinstance(written, Mapping) else None
        self._budget = WriteBudget(past, self._clock.now().mono_s)
        self.held = str(note.get("held") or "")

    async def hold(self, mode: str) -> None:
        if mode != self.held:
            self.held = mode
            await self._save()

    async def read(self, register: Register) -> float | None:
        """The number in a control register, without words for it."""
        value = await self._port.read(replace(register, enum=MappingProxyType({})))
        return None if value is None or isinstance(value, str) else float(value)

    async def write(self, register: Register, value: float, *, free: bool = False) -> None:
        """Make the register hold `value`, unless it does already or nearly so.

        Args:
            free: to give the battery back, which may have to be done in two seconds: write
                even when the budget is used up, and trust what is known instead of reading.

        Raises:
            BusFault: the device or the link refused.
            Unable: the device did not take the value.
            Refused: it cannot be written, or the budget is used up.
        """
        words, wanted = await self._words(register, value)
        known = self.last.get(register.key) if free or not register.readable else None
        if not register.volatile and await self._is_there(register, wanted, known):
            return
        await self._send(register, words, wanted, free=free)
        if register.readable and not free:
            await self._read_back(register, wanted)

    async def rewrite(self, register: Register, value: float) -> None:
        """Write once more what decays in the device; whether it took is checked elsewhere.

        Raises:
            BusFault: the device or the link refused.
            Refused: the value cannot be written or the budget is used up.
        """
        words, wanted = await self._words(register, value)
        await self._send(register, words, wanted, free=False)

    async def _words(self, register: Register, value: float) -> tuple[list[int], float]:
        """The words for a value, and the value that they stand for."""
        factor = await self._scale_factor(register)
        try:
            words = encode(register, value, factor)
        except ValueError as error:
            raise Refused(f"{self.name}: {error}") from error
        plain = replace(register, enum=MappingProxyType({}))
        return words, _number(decode(plain, words, factor))

    async def _send(
        self, register: Register, words: list[int], wanted: float, *, free: bool
    ) -> None:
        self._check_budget(register, free=free)
        await self._port.write(register, words)
        self.last[register.key] = wanted
        if not register.volatile:
            self._budget.spend(_dotted(register), self._clock.now().mono_s)
            await self._save()

    async def _is_there(self, register: Register, wanted: float, known: float | None) -> bool:
        present = known
        if present is None and register.readable:
            present = await self.read(register)
        if present is None or not near_enough(register, wanted, present):
            return False
        self.last[register.key] = present
        return True

    async def _read_back(self, register: Register, wanted: float) -> None:
        found: float | None = None
        for pause_s in READ_BACK_PAUSES_S:
            if pause_s:
                await self._clock.sleep(pause_s)
            found = await self.read(register)
            if found is not None and abs(found - wanted) <= _EXACT:
                return
        says = "nothing" if found is None else f"{found:g}"
        raise Unable(
            f"{self.name} did not take {wanted:g} for {register.name}: it says {says}; "
            "check whether remote control is allowed in its settings"
        )

    def _check_budget(self, register: Register, *, free: bool) -> None:
        now_s, name = self._clock.now().mono_s, _dotted(register)
        if free or register.volatile or self._budget.left(name, now_s):
            return
        hours = self._budget.free_again_s(name, now_s) / 3600
        self.alarm = (
            f"{self.name} was changed too often today: {register.name} may wear out; "
            f"Hearth writes it again in {hours:.1f} h"
        )
        raise Refused(self.alarm)

    async def _scale_factor(self, register: Register) -> int | None:
        if register.sf_address is None:
            return None
        place = Register(
            role=register.role,
            name=f"{register.name}_sf",
            table=register.table,
            address=register.sf_address,
            type="u16",
            word_order=WordOrder.HIGH_FIRST,
            unit_id=register.unit_id,
            group=register.group,
        )
        found = await self.read(place)
        return None if found is None else int(found)

    async def _save(self) -> None:
        note = {"held": self.held, "written": self._budget.as_note()}
        await self._notebook.write_note(TOPIC, self._key, note)


def as_trouble(name: str, fault: BusFault) -> LinkDown | Unable:
    """What a failed request means for whoever asked for a mode."""
    kind = LinkDown if fault.fault in SILENT else Unable
    return kind(f"{name} did not take the command: {fault}")


def _number(value: Value | None) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _dotted(register: Register) -> str:
    return ".".join(register.key)
