"""As much of MQTT 3.1.1 and 5 as a light agent needs, as bytes.

A library with a thread, a queue or a task per client would be the limit of the fleet; here a
client is one object. Section numbers are those of the MQTT 5 standard.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
_SESSION_EXPIRY = 0x11
_CONTENT_TYPE = b"\x03" + b"\x00\x10application/json"


class Broken(ValueError):
    """The broker sent what is no MQTT."""


@dataclass(frozen=True, slots=True)
class Published:
    """Args:
    pid: 0 for QoS 0.
    """

    topic: str
    payload: bytes
    pid: int


def connect(
    client_id: str,
    *,
    five: bool,
    keepalive_s: int,
    session_s: int,
    will: tuple[str, bytes] | None,
    login: tuple[str, str] | None = None,
) -> bytes:
    """§3.1; a session of 0 s begins clean, a will is QoS 1 and retained."""
    flags = 0 if session_s else 0x02
    properties = bytes([_SESSION_EXPIRY]) + session_s.to_bytes(4, "big") if session_s else b""
    body = _text(client_id)
    if will is not None:
        flags |= 0x04 | 0x08 | 0x20
        topic, payload = will
        body += (_varint(0) if five else b"") + _text(topic) + _binary(payload)
    if login is not None:
        flags |= 0xC0
        body += _text(login[0]) + _text(login[1])
    head = _text("MQTT") + bytes([5 if five else 4, flags]) + keepalive_s.to_bytes(2, "big")
    return _packet(0x10, head + (_properties(properties) if five else b"") + body)


def subscribe(pid: int, topics: Sequence[str], *, five: bool) -> bytes:
    """§3.8; all with QoS 1."""
    wanted = b"".join(_text(topic) + b"\x01" for topic in topics)
    return _packet(0x82, pid.to_bytes(2, "big") + (b"\x00" if five else b"") + wanted)


def publish(topic: str, payload: bytes, pid: int, *, five: bool, retain: bool = False) -> bytes:
    """§3.3; QoS 1."""
    properties = _properties(_CONTENT_TYPE) if five else b""
    body = _text(topic) + pid.to_bytes(2, "big") + properties + payload
    return _packet(0x33 if retain else 0x32, body)


def puback(pid: int) -> bytes:
    return b"\x40\x02" + pid.to_bytes(2, "big")


def split(buffer: bytearray) -> Iterator[tuple[int, int, bytes]]:
    """Take the whole packets out of a buffer: type, flags, body.

    Raises:
        Broken: a length has more than four bytes.
    """
    while len(buffer) >= 2:
        length = shift = 0
        at = 1
        while True:
            if at >= len(buffer):
                return
            if at > 4:
                raise Broken("a length without an end")
            byte = buffer[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                break
        if len(buffer) < at + length:
            return
        head, body = buffer[0], bytes(buffer[at : at + length])
        del buffer[: at + length]
        yield head >> 4, head & 0x0F, body


def published(flags: int, body: bytes, *, five: bool) -> Published:
    """§3.3 as the broker sends it."""
    at = 2 + int.from_bytes(body[:2], "big")
    topic, pid = body[2:at].decode(), 0
    if flags & 0x06:
        pid, at = int.from_bytes(body[at : at + 2], "big"), at + 2
    if five:
        length, at = _read_varint(body, at)
        at += length
    return Published(topic, body[at:], pid)


def _packet(head: int, body: bytes) -> bytes:
    return bytes([head]) + _varint(len(body)) + body


def _properties(raw: bytes) -> bytes:
    return _varint(len(raw)) + raw


def _text(value: str) -> bytes:
    return _binary(value.encode())


def _binary(raw: bytes) -> bytes:
    return len(raw).to_bytes(2, "big") + raw


def _varint(number: int) -> bytes:
    """§1.5.5."""
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = body[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
