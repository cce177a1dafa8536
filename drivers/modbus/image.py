"""The registers that one poll brought, by address, and the values in them."""

from collections.abc import Iterable, Mapping, Sequence

from drivers.modbus.blocks import Span
from drivers.modbus.codec import decode
from drivers.modbus.model import Key, Register, Table, Value


class Image:
    """Words by unit, table and address."""

    def __init__(self) -> None:
        self._words: dict[tuple[int, Table], dict[int, int]] = {}

    def put(self, span: Span, words: Sequence[int]) -> None:
        place = self._words.setdefault((span.unit, span.table), {})
        place.update(zip(range(span.start, span.end), words, strict=True))

    def words(self, unit: int, table: Table) -> Mapping[int, int]:
        return self._words.get((unit, table), {})

    def has(self, unit: int, register: Register) -> bool:
        """Whether the value was read, and its scale factor with it."""
        words = self.words(unit, register.table)
        if register.sf_address is not None and register.sf_address not in words:
            return False
        return all(address in words for address in addresses(register))

    def value(self, unit: int, register: Register) -> Value | None:
        """The value; None if the device has none.

        Raises:
            KeyError: the register was not read.
        """
        words = self.words(unit, register.table)
        found = [words[address] for address in addresses(register)]
        factor = None if register.sf_address is None else words[register.sf_address]
        return decode(register, found, factor)

    def values(
        self, wanted: Iterable[tuple[int, Register]], sources: dict[Key, Register]
    ) -> dict[Key, Value | None]:
        """All values that were read.

        Args:
            wanted: in order of preference where several registers hold one value.
            sources: which register has spoken for a value before, and goes on to: two counters
                of one thing never agree. Updated here.
        """
        values: dict[Key, Value | None] = {}
        for unit, register in wanted:
            if sources.get(register.key, register) is not register:
                continue
            if values.get(register.key) is None and self.has(unit, register):
                value = values[register.key] = self.value(unit, register)
                if value is not None:
                    sources[register.key] = register
        return values


def addresses(register: Register) -> Sequence[int]:
    """Where the words of a value stand, in the order in which `decode` wants them."""
    if register.words:
        return register.words
    start = register.address or 0
    return range(start, start + register.count)
