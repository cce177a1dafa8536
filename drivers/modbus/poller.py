"""Reading one device: what it is, what to read together, and the values in the answers.

Three rhythms share one plan: a value that stands in a block that is read faster anyway is not
read again. A unit that stays silent is skipped for a while; a register that is refused rests.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.model.clock import Clock, Now
from agent.model.driver import Notebook
from drivers.modbus import sunspec
from drivers.modbus.backoff import Backoff
from drivers.modbus.blocks import Read, Span, Terrain, Wanted, as_span, plan, spans_of
from drivers.modbus.codec import decode
from drivers.modbus.faults import SILENT, BusFault, Fault
from drivers.modbus.link import Bus
from drivers.modbus.model import DeviceModel, Identify, Key, Register, Table, Tier, Value
from drivers.modbus.quarantine import Quarantine
from drivers.modbus.turns import Priority
from drivers.modbus.wire import Request

log = logging.getLogger(__name__)

NOTES = "modbus-refused-registers"
READ_FUNCTIONS: Mapping[Table, int] = {
    Table.COIL: 1,
    Table.DISCRETE: 2,
    Table.HOLDING: 3,
    Table.INPUT: 4,
}
TIERS = (Tier.FAST, Tier.NORMAL, Tier.SLOW, Tier.ONCE)

Image = dict[tuple[int, Table], dict[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one round through a tier brought.

    Args:
        values: decoded; None = the device has no value there now.
        now: when the first answer arrived; None = there was none.
        fault: the last one of a unit that did not answer properly.
    """

    values: Mapping[Key, Value | None]
    now: Now | None
    fault: BusFault | None = None


class Moved(Exception):
    """The SunSpec models stand elsewhere now; they must be found again."""


class Poller:
    """One device behind a bus.

    Args:
        model: with the installer's unit ids already in it.
        unit: answers for all registers without a group.
    """

    def __init__(
        self,
        *,
        name: str,
        model: DeviceModel,
        unit: int,
        timeout_s: float,
        bus: Bus,
        clock: Clock,
        notebook: Notebook,
    ) -> None:
        self.name = name
        self.model = model
        self.unit = unit
        self.timeout_s = timeout_s
        self.problem = ""
        self._bus = bus
        self._clock = clock
        self._notebook = notebook
        self._quarantine = Quarantine()
        self._remembered: Mapping[str, object] | None = None
        self._firmware: str | None = None
        self._registers: tuple[Register, ...] = ()
        self._found: list[sunspec.Found] = []
        self._headers: dict[int, tuple[int, int]] = {}
        self._prepared_at_connect = 0
        self._plans: dict[Tier, list[Read]] = {}
        self._planned_at_revision = -1
        self._backoffs: dict[int, Backoff] = {}

    # what the device is

    @property
    def registers(self) -> Sequence[Register]:
        """With real addresses; empty until `prepare` found the device."""
        return self._registers

    async def prepare(self) -> None:
        """Recognise the device once, and make sure after a reconnect that it is still the same.

        Raises:
            BusFault: it is silent.
            LinkDown: there is no connection.
        """
        connects = self._bus.counts.connects
        if self._registers and connects == self._prepared_at_connect:
            return
        if not self._registers:
            await self._recall()
            await self._recognise()
        elif self._found and not await sunspec.still_there(self._read_holding, self._found):
            await self._recognise()
        self._prepared_at_connect = self._bus.counts.connects

    async def _recognise(self) -> None:
        model, self.problem = self.model, ""
        variants = [await self._variant(identify) for identify in model.identify]
        registers = model.registers_for(v for v in variants if v)
        if model.sunspec:
            bases = model.sunspec_bases or sunspec.BASES
            self._found = await sunspec.walk(self._read_holding, bases)
            if not self._found:
                raise BusFault(
                    Fault.ILLEGAL_ADDRESS, "it has no SunSpec marker; is SunSpec switched on?"
                )
            placed = sunspec.placed(registers, self._found)
            self._headers = sunspec.headers(self._found, placed)
            registers = (*map(sunspec.header_register, self._headers), *placed)
        self._registers = registers
        self._planned_at_revision = -1

    async def _variant(self, identify: Identify) -> str | None:
        register = identify.register
        try:
            value = await self.read_one(register, Priority.PROBE)
        except BusFault as fault:
            if fault.fault in SILENT:
                raise
            return None
        if identify.expect is not None and not _matches(value, identify.expect):
            self.problem = (
                f"it says {value!r} where {self.model.title} says {identify.expect!r}; "
                "is driver: the right device model?"
            )
        return next((v for k, v in identify.variants.items() if _matches(value, k)), None)

    async def read_one(self, register: Register, priority: Priority) -> Value | None:
        """One value by itself; None if the device has none.

        Raises:
            BusFault: no proper answer, or the register is refused.
        """
        unit = self.model.unit_of(register, self.unit)
        if unit is None:
            return None
        image: Image = {}
        terrain = Terrain(limits=self.model.limits)
        for span in spans_of(Wanted(unit, register), terrain):
            self._keep(image, span, await self._ask(span, priority))
        return _value(register, image.get((unit, register.table), {}))

    async def _read_holding(self, address: int, count: int) -> tuple[int, ...]:
        span = Span(self.unit, Table.HOLDING, address, address + count)
        return await self._ask(span, Priority.PROBE)

    # what it says

    def ready(self) -> bool:
        """Whether any unit of it may be asked now."""
        now_s = self._clock.now().mono_s
        return not self._backoffs or any(b.ready(now_s) for b in self._backoffs.values())

    def failed(self) -> None:
        """The device as a whole did not answer."""
        self._backoff(self.unit).failed(self._clock.now().mono_s)

    async def read(self, tier: Tier) -> Pass:
        """Ask for all values of a tier, block by block.

        Raises:
            LinkDown: there is no connection.
            Moved: call `prepare` again.
        """
        image: Image = {}
        first: Now | None = None
        fault: BusFault | None = None
        priority = Priority.FAST if tier is Tier.FAST else Priority.SLOW
        may_split = True
        for read in self._planned()[tier]:
            backoff = self._backoff(read.span.unit)
            if not backoff.ready(self._clock.now().mono_s):
                continue
            try:
                words = await self._ask(read.span, priority)
            except BusFault as error:
                if error.fault is Fault.BUSY:
                    continue
                if error.fault in SILENT:
                    fault = error
                    backoff.failed(self._clock.now().mono_s)
                elif may_split:
                    may_split = False
                    await self._refuse(read, error)
                continue
            backoff.answered()
            first = first or self._clock.now()
            self._keep(image, read.span, words)
        return Pass(values=self._decoded(image), now=first, fault=fault)

    def _planned(self) -> Mapping[Tier, list[Read]]:
        self._quarantine.wake(self._clock.now().mono_s)
        if self._planned_at_revision != self._quarantine.revision:
            self._plans = self._plan()
            self._planned_at_revision = self._quarantine.revision
        return self._plans

    def _plan(self) -> dict[Tier, list[Read]]:
        terrain = self._terrain()
        plans: dict[Tier, list[Read]] = {}
        covered: list[Span] = []
        for tier in TIERS:
            wanted = [
                Wanted(unit, register)
                for register in self._registers
                if register.tier is tier and register.readable
                if (unit := self.model.unit_of(register, self.unit)) is not None
            ]
            missing = [w for w in wanted if not _covered(spans_of(w, terrain), covered)]
            plans[tier] = plan(missing, terrain)
            covered += [read.span for read in plans[tier]]
        return plans

    def _terrain(self) -> Terrain:
        model, unit_of = self.model, self.model.unit_of
        spans = [(b, unit_of(b, self.unit)) for b in model.blocks]
        forbidden = [(b, unit_of(b, self.unit)) for b in model.forbidden]
        return Terrain(
            limits=model.limits,
            known_good=tuple(as_span(b, unit) for b, unit in spans if unit is not None),
            barred=(
                *(as_span(b, unit) for b, unit in forbidden if unit is not None),
                *self._quarantine.resting,
            ),
            solid=tuple(found.span(self.unit) for found in self._found),
            cuts=frozenset(self._quarantine.cuts),
        )

    async def _ask(self, span: Span, priority: Priority) -> tuple[int, ...]:
        request = Request(
            unit=span.unit,
            function=READ_FUNCTIONS[span.table],
            address=span.start,
            count=span.count,
        )
        return await self._bus.request(
            request, timeout_s=self.timeout_s, priority=priority, tries=self.model.limits.retry
        )

    @staticmethod
    def _keep(image: Image, span: Span, words: Sequence[int]) -> None:
        place = image.setdefault((span.unit, span.table), {})
        place.update(zip(range(span.start, span.end), words, strict=True))

    def _decoded(self, image: Image) -> dict[Key, Value | None]:
        values: dict[Key, Value | None] = {}
        for start, expected in self._headers.items():
            found = image.get((self.unit, Table.HOLDING), {})
            if start in found and (found[start], found.get(start + 1)) != expected:
                self._registers = ()
                raise Moved(f"model {expected[0]} is gone from register {start}")
        for register in self._registers:
            unit = self.model.unit_of(register, self.unit)
            words = image.get((unit, register.table)) if unit is not None else None
            if words is None or values.get(register.key) is not None:
                continue
            if all(address in words for address in _addresses(register)):
                values[register.key] = _value(register, words)
        return values

    def _backoff(self, unit: int) -> Backoff:
        if unit not in self._backoffs:
            self._backoffs[unit] = Backoff(timeout_s=self.timeout_s)
        return self._backoffs[unit]

    # what it refuses

    async def _refuse(self, read: Read, fault: BusFault) -> None:
        resting = self._quarantine.refuse(read, self._clock.now().mono_s)
        if resting is not None:
            log.info(
                "%s has nothing at %s register %d (%s); Hearth leaves it out for an hour",
                self.name,
                resting.table.value,
                resting.start,
                fault,
            )
            await self._remember()

    async def _remember(self) -> None:
        note = self._quarantine.note(self._firmware)
        if note != self._remembered:
            self._remembered = note
            await self._notebook.write_note(NOTES, self.name, note)

    async def _recall(self) -> None:
        if self._remembered is not None:
            return
        self._remembered = await self._notebook.read_note(NOTES, self.name) or {}
        self._quarantine.recall(self._remembered, self._clock.now().mono_s)
        firmware = self._remembered.get("firmware")
        self._firmware = firmware if isinstance(firmware, str) else None

    async def told_firmware(self, firmware: str) -> None:
        """Other firmware may know registers that the old one refused."""
        if self._firmware not in (None, firmware):
            self._quarantine.clear()
        if firmware != self._firmware:
            self._firmware = firmware
            await self._remember()


def with_units(model: DeviceModel, units: Mapping[str, int]) -> DeviceModel:
    """The model with the installer's unit ids instead of its own."""
    return replace(model, unit_ids={**model.unit_ids, **units}) if units else model


def _covered(spans: Iterable[Span], by: Sequence[Span]) -> bool:
    return all(any(cover.contains(span) for cover in by) for span in spans)


def _addresses(register: Register) -> Iterable[int]:
    if register.words:
        return register.words
    start = register.address or 0
    return range(start, start + register.count)


def _value(register: Register, words: Mapping[int, int]) -> Value | None:
    found = [words[address] for address in _addresses(register)]
    factor = None if register.sf_address is None else words.get(register.sf_address)
    return decode(register, found, factor)


def _matches(value: Value | None, expected: str | int) -> bool:
    if isinstance(expected, str) and expected.endswith("*"):
        return isinstance(value, str) and value.startswith(expected[:-1])
    return value == expected or str(value) == str(expected)
