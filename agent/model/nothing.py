"""The empty mapping as a dataclass default; a literal one counts as mutable there."""

from types import MappingProxyType
from typing import Any

_NOTHING: MappingProxyType[Any, Any] = MappingProxyType({})


def nothing() -> MappingProxyType[Any, Any]:
    return _NOTHING
