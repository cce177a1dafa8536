"""dataclasses.replace for the values of pairing, which are made anew with every message."""

from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

_new = object.__new__


def altered(old: T, **values: Any) -> T:
    """A frozen, slotted value with some fields exchanged; names are not checked.

    dataclasses.replace asks the class for its fields each time and runs its __init__; measured,
    that was a quarter of all work of pairing.
    """
    kind = type(old)
    made = _new(kind)
    for name, get, put in _slots(kind):  # type: ignore[arg-type]
        put(made, values[name] if name in values else get(old))
    return made


@lru_cache(maxsize=32)
def _slots(kind: type) -> tuple[tuple[str, Any, Any], ...]:
    """Each field with what reads and writes it past the frozen class."""
    names: tuple[str, ...] = kind.__slots__  # type: ignore[attr-defined]
    members = [(name, getattr(kind, name)) for name in names]
    return tuple((name, member.__get__, member.__set__) for name, member in members)
