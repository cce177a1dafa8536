"""UUID version 7: ids that sort by time. Source: RFC 9562, 5.7."""

from typing import Final
from uuid import UUID

RANDOM_BYTES: Final = 10
_LATEST_MS: Final = (1 << 48) - 1


def uuid7(unix_ms: int, random: bytes) -> str:
    """Args:
    unix_ms: milliseconds since 1970; what does not fit 48 bits is cut to the nearest that does.
    random: ten bytes, of which 74 bits are used.
    """
    noise = int.from_bytes(random[:RANDOM_BYTES], "big")
    value = min(max(unix_ms, 0), _LATEST_MS) << 80
    value |= 0x7 << 76 | (noise >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | noise & ((1 << 62) - 1)
    return str(UUID(int=value))
