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
        words = self.words(unit, register.table)
        return all(address in words for address in addresses(register))

    def value(self, unit: int, register: Register) -> Value | None:
        """The value; None if the device has none, or its scale factor was not read with it.

        Raises:
            KeyError: the register was not read.
        """
        words = self.words(unit, register.table)
        found = [words[address] for address in addresses(register)]
        factor = None if register.sf_address is None else words.get(register.sf_address)
        return decode(register, found, factor)

    def values(self, wanted: Iterable[tuple[int, Register]]) -> dict[Key, Value | None]:
        """All values that were read; of several registers for one value the first known one."""
        values: dict[Key, Value | None] = {}
        for unit, register in wanted:
            if values.get(register.key) is None and self.has(unit, register):
                values[register.key] = self.value(unit, register)
        return values


def addresses(register: Register) -> Sequence[int]:
    """Where the words of a value stand, in the order in which `decode` wants them."""
    if register.words:
        return register.words
    start = register.address or 0
    return range(start, start + register.count)
