"""Reading one device: what it is, and the values of each rhythm.

A unit that stays silent is skipped for a while, a register that is refused rests, and neither
keeps the rest of the device from being read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.model.clock import Clock, Now
from agent.model.driver import Notebook
from drivers.modbus import sunspec
from drivers.modbus.backoff import Backoff
from drivers.modbus.blocks import Read, Span, Terrain, Wanted, spans_of
from drivers.modbus.faults import SILENT, BusFault, Fault
from drivers.modbus.identity import Identity, NotFound, recognise
from drivers.modbus.image import Image
from drivers.modbus.link import Bus
from drivers.modbus.model import DeviceModel, Key, Register, Table, Tier, Value
from drivers.modbus.plans import covered, plan_tiers, terrain_of
from drivers.modbus.refusals import Refusals
from drivers.modbus.turns import Priority
from drivers.modbus.wire import Request

READ_FUNCTIONS: Mapping[Table, int] = {
    Table.COIL: 1,
    Table.DISCRETE: 2,
    Table.HOLDING: 3,
    Table.INPUT: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one round through a tier brought.

    Args:
        values: None = the device has no value there now; absent = it was not read.
        now: when the first answer arrived; None = there was none.
        fault: the last one of a unit that did not answer properly.
        refused: it answered, if only to refuse.
    """

    values: Mapping[Key, Value | None]
    now: Now | None
    fault: BusFault | None = None
    refused: bool = False


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
        self.model = model
        self.unit = unit
        self.timeout_s = timeout_s
        self.identity: Identity | None = None
        self._bus = bus
        self._clock = clock
        self._refusals = Refusals(name, notebook)
        self._prepared_at_connect = 0
        self._terrain = Terrain(limits=model.limits)
        self._plans: Mapping[Tier, list[Read]] = {}
        self._covered: dict[tuple[Tier, ...], Sequence[tuple[int, Register]]] = {}
        self._planned_for: tuple[Identity | None, int] = (None, -1)
        self._sources: dict[Key, Register] = {}
        self._backoffs: dict[int, Backoff] = {}

    @property
    def registers(self) -> Sequence[Register]:
        """With real addresses; empty until the device was recognised."""
        return self.identity.registers if self.identity else ()

    def waits_s(self) -> float:
        """How long until any unit of it may be asked again; 0 = now."""
        now_s = self._now_s()
        earliest_s = min((b.until_s for b in self._backoffs.values()), default=now_s)
        return max(0.0, earliest_s - now_s)

    async def prepare(self) -> None:
        """Recognise the device, and after a reconnect make sure that it is still the same.

        Raises:
            BusFault: it is silent.
            NotFound: it is something else.
            LinkDown: there is no connection.
        """
        if self.identity and self._prepared_at_connect == self._bus.counts.connects:
            return
        try:
            await self._refusals.recall(self._now_s())
            if not await self._unchanged():
                self.identity = None
                self._sources.clear()
                self.identity = await recognise(self.model, self._read_probe, self._read_holding)
        except (BusFault, NotFound) as error:
            self._failed(self.unit, error)
            raise
        self._backoff(self.unit).answered()
        self._prepared_at_connect = self._bus.counts.connects

    @property
    def undecided(self) -> bool:
        """Whether a value may come from several registers and none has spoken for it yet.

        Then all tiers must be read at once, so that the first in order gets it.
        """
        counts = Counter(register.key for register in self.registers if register.readable)
        return any(n > 1 and key not in self._sources for key, n in counts.items())

    async def read(self, *tiers: Tier) -> Pass:
        """Ask for all values of some tiers, block by block.

        Raises:
            LinkDown: there is no connection.
        """
        priority = Priority.FAST if Tier.FAST in tiers else Priority.SLOW
        plans = self._planned()
        image, first, fault, refused = Image(), None, None, False
        for read in (read for tier in tiers for read in plans[tier]):
            backoff = self._backoff(read.span.unit)
            if not backoff.ready(self._now_s()):
                continue
            try:
                words = await self._ask(read.span, priority)
            except BusFault as error:
                if error.fault is Fault.BUSY:
                    continue
                if error.fault in SILENT:
                    fault = error
                    self._failed(read.span.unit, error)
                elif not refused:  # one split per poll
                    refused = True
                    await self._refusals.add(read, error, self._now_s())
                continue
            backoff.answered()
            first = first or self._clock.now()
            image.put(read.span, words)
        if self._moved(image):
            return Pass(values={}, now=None)
        values = image.values(self._covered_by(tiers), self._sources)
        await self._learn(values)
        return Pass(values=values, now=first, fault=fault, refused=refused)

    async def read_one(self, register: Register, priority: Priority) -> Value | None:
        """One value by itself; None if the device has none.

        Raises:
            BusFault: no proper answer, or the register is refused.
        """
        unit = self.model.unit_of(register, self.unit)
        if unit is None:
            return None
        image = Image()
        for span in spans_of(Wanted(unit, register), Terrain(limits=self.model.limits)):
            image.put(span, await self._ask(span, priority))
        return image.value(unit, register)

    async def write_one(self, register: Register, words: Sequence[int]) -> None:
        """Write the words of one value, before all polling.

        Raises:
            BusFault: no proper answer, or the device refused.
            LinkDown: there is no connection.
        """
        unit = self.model.unit_of(register, self.unit)
        if unit is None or register.address is None:
            raise BusFault(Fault.REFUSED, f"Hearth does not know which unit has {register.name}")
        request = Request(
            unit=unit,
            function=self._write_function(register, len(words)),
            address=register.address,
            values=tuple(words),
        )
        await self._bus.request(
            request,
            timeout_s=self.timeout_s,
            priority=Priority.WRITE,
            tries=self.model.limits.retry,
        )

    def _write_function(self, register: Register, count: int) -> int:
        if register.write_function is not None:
            return register.write_function
        single, several = (5, 15) if register.table is Table.COIL else (6, 16)
        return single if count == 1 and single in self.model.write_functions else several

    async def _read_probe(self, register: Register) -> Value | None:
        return await self.read_one(register, Priority.PROBE)

    async def _read_holding(self, address: int, count: int) -> tuple[int, ...]:
        span = Span(self.unit, Table.HOLDING, address, address + count)
        return await self._ask(span, Priority.PROBE)

    async def _unchanged(self) -> bool:
        if self.identity is None:
            return False
        found = self.identity.found
        return not found or await sunspec.still_there(self._read_holding, found)

    def _moved(self, image: Image) -> bool:
        """Whether a SunSpec model is no longer where it was; then it is looked for again."""
        words = image.words(self.unit, Table.HOLDING)
        headers = self.identity.headers if self.identity else {}
        for start, expected in headers.items():
            if start in words and (words[start], words.get(start + 1)) != expected:
                self.identity = None
                return True
        return False

    async def _learn(self, values: Mapping[Key, Value | None]) -> None:
        firmware = values.get(("device", "firmware"))
        if isinstance(firmware, str):
            await self._refusals.firmware_is(firmware)

    def _answered_by(self) -> Iterator[tuple[int, Register]]:
        for register in self.registers:
            unit = self.model.unit_of(register, self.unit)
            if unit is not None:
                yield unit, register

    def _covered_by(self, tiers: tuple[Tier, ...]) -> Sequence[tuple[int, Register]]:
        """The registers, of any tier, that lie in the reads of these tiers."""
        if tiers not in self._covered:
            reads = [read.span for tier in tiers for read in self._plans[tier]]
            self._covered[tiers] = [
                (unit, register)
                for unit, register in self._answered_by()
                if covered(spans_of(Wanted(unit, register), self._terrain), reads)
            ]
        return self._covered[tiers]

    def silent_units(self) -> list[int]:
        """Units that gave no answer twice or more in a row."""
        return sorted(unit for unit, b in self._backoffs.items() if b.failures > 1)

    def _planned(self) -> Mapping[Tier, list[Read]]:
        quarantine = self._refusals.quarantine
        quarantine.wake(self._now_s())
        if self._planned_for != (self.identity, quarantine.revision):
            solid = [f.span(self.unit) for f in self.identity.found] if self.identity else []
            self._terrain = terrain_of(self.model, self.unit, quarantine, solid)
            self._plans = plan_tiers(list(self._answered_by()), self._terrain)
            self._covered.clear()
            self._planned_for = (self.identity, quarantine.revision)
        return self._plans

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

    def _backoff(self, unit: int) -> Backoff:
        if unit not in self._backoffs:
            self._backoffs[unit] = Backoff()
        return self._backoffs[unit]

    def _failed(self, unit: int, error: BusFault | NotFound) -> None:
        silent = isinstance(error, BusFault) and error.fault is Fault.TIMEOUT
        self._backoff(unit).failed(self._now_s(), self.timeout_s if silent else 0.0)

    def _now_s(self) -> float:
        return self._clock.now().mono_s


def with_units(model: DeviceModel, units: Mapping[str, int]) -> DeviceModel:
    """The model with the installer's unit ids instead of its own."""
    return replace(model, unit_ids={**model.unit_ids, **units}) if units else model
