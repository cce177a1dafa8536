"""Bytes from the broker to one JSON object, whatever they are."""

import zlib
from typing import Final

import orjson

from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.fields import Fields

LARGEST_PAYLOAD: Final = 128 * 1024
_GZIP: Final = b"\x1f\x8b"


def unpack(payload: bytes) -> bytes:
    """Gzip or not; a payload that grows beyond 128 KiB is refused before it does.

    Raises:
        Unreadable: too large, or damaged.
    """
    if len(payload) > LARGEST_PAYLOAD:
        raise _too_large()
    if not payload.startswith(_GZIP):
        return payload
    packed = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = packed.decompress(payload, LARGEST_PAYLOAD + 1)
    except zlib.error:
        raise Unreadable("", "is damaged gzip", "send it again") from None
    if len(plain) > LARGEST_PAYLOAD:
        raise _too_large()
    if not packed.eof:
        raise Unreadable("", "is a part of a gzip stream", "send it whole")
    return plain


def parse(payload: bytes) -> Fields:
    """The object in a payload.

    Raises:
        Unreadable: it is no JSON object in UTF-8.
    """
    try:
        value = orjson.loads(unpack(payload))
    except orjson.JSONDecodeError as error:
        raise Unreadable("", f"is no JSON ({error.msg})", "send JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise Unreadable("", "is no JSON object", "send an object")
    return Fields(value)


def _too_large() -> Unreadable:
    return Unreadable("", "is larger than 128 KiB", "send less at once")
