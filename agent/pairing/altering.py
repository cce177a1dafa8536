"""dataclasses.replace for the values of pairing, which are made anew with every message."""

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
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
    read, puts = _fields(kind)  # type: ignore[arg-type]
    for put, value in zip(puts.values(), read(old), strict=True):
        put(made, value)
    for name, value in values.items():
        puts[name](made, value)
    return made


@lru_cache(maxsize=32)
def _fields(kind: type) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Callable[..., None]]]:
    """What reads all fields at once, and by name what writes each past the frozen class."""
    names: tuple[str, ...] = kind.__slots__  # type: ignore[attr-defined]
    return attrgetter(*names), {name: getattr(kind, name).__set__ for name in names}
