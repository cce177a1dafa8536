"""dataclasses.replace for the values of pairing, which are made anew with every message."""

from typing import Any, TypeVar

T = TypeVar("T")

_new, _set = object.__new__, object.__setattr__


def altered(old: T, **values: Any) -> T:
    """A frozen, slotted value with some fields exchanged; names are not checked.

    dataclasses.replace asks the class for its fields each time and runs its __init__; measured,
    that was a quarter of all work of pairing.
    """
    made = _new(type(old))
    for name in old.__slots__:  # type: ignore[attr-defined]
        _set(made, name, values[name] if name in values else getattr(old, name))
    return made
