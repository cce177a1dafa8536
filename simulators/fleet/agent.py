"""One light agent: events with seq, resent until acked; status with will; honours page.get.

Its events are made anew from their seq whenever they are sent, so an outbox is two numbers.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from simulators.fleet import packets

BASE = "hearth/v1"
WINDOW = 20
_ARRAY = 100
_KEEPALIVE_S = 60
_PING_S = 20.0
_SESSION_S = 7 * 24 * 3600
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 300.0


@dataclass(slots=True)
class Counts:
    """What all agents did together; times are real seconds.

    Args:
        up: agents that are connected now.
        connects: CONNACKs so far.
        latencies_s: from PUBLISH to PUBACK.
    """

    up: int = 0
    connects: int = 0
    refused: int = 0
    published: int = 0
    pubacked: int = 0
    asked: int = 0
    latencies_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How agents of a fleet behave.

    Args:
        every_s: pause between two events of one agent.
        backlog_s: an agent waits between 0 and this before it sends what had piled up.
        bare: no sync protocol, only QoS 1 publishing: what the connections alone cost.
    """

    five: bool = True
    every_s: float = 10.0
    backlog_s: float = 30.0
    heartbeat_s: float = 60.0
    bare: bool = False
    login: tuple[str, str] | None = None


class Agent(asyncio.Protocol):
    """The same object for one connection after the other.

    Args:
        on_lost: called when a connection has gone.
    """

    __slots__ = (
        "_beat", "_buffer", "_counts", "_drain", "_flying", "_pid", "_tick", "_transport",
        "acked", "base", "boot_id", "cursor", "last_seq", "making", "manner", "name", "on_lost",
        "tries",
    )  # fmt: skip

    def __init__(self, name: str, manner: Manner, counts: Counts) -> None:
        self.name = name
        self.base = f"{BASE}/{name}"
        self.boot_id = f"{name}-{random.getrandbits(32):08x}"
        self.manner = manner
        self.acked = 0
        self.last_seq = 0
        self.on_lost: Callable[[], None] | None = None
        self.cursor = 1  # the next seq to send on this connection
        self.tries = 0
        self.making = False
        self._counts = counts
        self._pid = 0
        self._flying: dict[int, float] = {}
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._tick: asyncio.TimerHandle | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._drain: asyncio.TimerHandle | None = None

    @property
    def connected(self) -> bool:
        return self._transport is not None and self._beat is not None

    @property
    def _ping_s(self) -> float:
        return min(_PING_S, self.manner.heartbeat_s)

    def pause_s(self) -> float:
        """How long to wait before the next try: full jitter."""
        longest_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**self.tries)
        self.tries += 1
        return random.uniform(0.0, longest_s)

    def make_events(self) -> None:
        """From now on something happens in this house now and then."""
        self.making = True
        first_s = random.uniform(0.0, self.manner.every_s)
        self._tick = asyncio.get_running_loop().call_later(first_s, self._happen)

    def be_quiet(self) -> None:
        self.making = False
        if self._tick is not None:
            self._tick.cancel()

    def drop(self) -> None:
        """The line is cut: no DISCONNECT."""
        if self._transport is not None:
            self._transport.abort()

    def leave(self) -> None:
        """An orderly goodbye."""
        self.be_quiet()
        if self._transport is not None:
            self._transport.write(packets.DISCONNECT)
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast("asyncio.Transport", transport)
        self._buffer.clear()
        will = None if self.manner.bare else (f"{self.base}/status", self._status(online=False))
        transport.write(
            packets.connect(
                self.name,
                five=self.manner.five,
                keepalive_s=_KEEPALIVE_S,
                session_s=0 if self.manner.bare else _SESSION_S,
                will=will,
                login=self.manner.login,
            )
        )

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._beat is not None:
            self._counts.up -= 1
        for timer in (self._beat, self._drain):
            if timer is not None:
                timer.cancel()
        self._transport = self._beat = self._drain = None
        self._flying.clear()
        self.cursor = self.acked + 1
        if self.on_lost is not None:
            self.on_lost()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        for kind, flags, body in packets.split(self._buffer):
            if kind == packets.PUBACK:
                self._on_puback(int.from_bytes(body[:2], "big"))
            elif kind == packets.PUBLISH:
                self._on_publish(packets.published(flags, body, five=self.manner.five))
            elif kind == packets.CONNACK:
                self._on_connack(body[1])

    def _on_connack(self, code: int) -> None:
        if code != 0:
            self._counts.refused += 1
            self.drop()
            return
        self._counts.connects += 1
        self._counts.up += 1
        self.tries = 0
        loop = asyncio.get_running_loop()
        self._beat = loop.call_later(random.uniform(0, self._ping_s), self._heart, 0.0)
        if self.manner.bare:
            self._pump()
            return
        topics = [f"{self.base}/{topic}" for topic in ("ack", "cmd/+", "desired/+/+")]
        self._write(packets.subscribe(self._next_pid(), topics, five=self.manner.five))
        self._publish("status", self._status(online=True), retain=True)
        waits = self.last_seq > self.acked
        self._drain = loop.call_later(
            random.uniform(0, self.manner.backlog_s) if waits else 0.0, self._start_draining
        )

    def _start_draining(self) -> None:
        self._drain = None
        self._pump()

    def _on_puback(self, pid: int) -> None:
        sent_s = self._flying.pop(pid, None)
        if sent_s is None:
            return
        self._counts.pubacked += 1
        self._counts.latencies_s.append(time.perf_counter() - sent_s)
        if self.manner.bare:
            self.acked = self.cursor - 1
        self._pump()

    def _on_publish(self, heard: packets.Published) -> None:
        if heard.pid:
            self._write(packets.puback(heard.pid))
        kind, _, name = heard.topic.removeprefix(self.base + "/").partition("/")
        if not heard.payload:
            return
        body = json.loads(heard.payload)
        if kind == "ack":
            self.acked = max(self.acked, min(body["ackSeq"], self.last_seq))
            self.cursor = max(self.cursor, self.acked + 1)
        elif kind == "cmd":
            self._obey(name, body)

    def _obey(self, request_id: str, command: dict[str, Any]) -> None:
        status = 404
        if command.get("command") == "page.get":
            status = 200
            self._counts.asked += 1
            first = command["body"]["fromSeq"]
            last = min(self.last_seq, command["body"].get("toSeq", self.last_seq))
            if first <= last:
                self._tell(first, min(last, first + _ARRAY - 1))
        result = {"requestId": request_id, "status": status, "body": {}}
        self._publish(f"cmd-result/{request_id}", json.dumps(result).encode())

    def _happen(self) -> None:
        self.last_seq += 1
        self._tick = asyncio.get_running_loop().call_later(
            self.manner.every_s * random.uniform(0.9, 1.1), self._happen
        )
        self._pump()

    def _heart(self, since_s: float) -> None:
        """A ping now and then, and the heartbeat once a minute."""
        loop = asyncio.get_running_loop()
        since_s += self._ping_s
        if since_s >= self.manner.heartbeat_s and not self.manner.bare:
            since_s = 0.0
            waiting = self.last_seq - self.acked
            beat = {"event": "system:heartbeat", "bootId": self.boot_id, "pendingEvents": waiting}
            self._publish("event", json.dumps(beat).encode())
        else:
            self._write(packets.PINGREQ)
        self._beat = loop.call_later(self._ping_s, self._heart, since_s)

    def _pump(self) -> None:
        """Send what waits, oldest first."""
        if not self.connected or self._drain is not None:
            return
        while self.cursor <= self.last_seq and len(self._flying) < WINDOW:
            last = min(self.last_seq, self.cursor + _ARRAY - 1)
            self._tell(self.cursor, last)
            self.cursor = last + 1

    def _tell(self, first: int, last: int) -> None:
        events = [self._event(seq) for seq in range(first, last + 1)]
        self._publish(
            "event", f"[{','.join(events)}]".encode() if last > first else events[0].encode()
        )

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        pid = self._next_pid()
        self._flying[pid] = time.perf_counter()
        self._counts.published += 1
        topic = f"{self.base}/{topic}"
        self._write(packets.publish(topic, payload, pid, five=self.manner.five, retain=retain))

    def _write(self, packet: bytes) -> None:
        if self._transport is not None:
            self._transport.write(packet)

    def _next_pid(self) -> int:
        self._pid = self._pid % 0xFFFF + 1
        return self._pid

    def _status(self, *, online: bool) -> bytes:
        status = {"online": online, "bootId": self.boot_id, "agentVersion": "fleet"}
        return json.dumps(status).encode()

    def _event(self, seq: int) -> str:
        """About as long as the one of a charger whose power changed."""
        return (
            f'{{"eventId":"{self.name}-{seq}","seq":{seq},"bootId":"{self.boot_id}",'
            '"event":"user:charger:updated","version":"2024-10-01",'
            '"createdAt":"2026-01-01T00:00:00.000Z","user":{"id":"house"},'
            f'"resourceRev":{seq},"charger":{{"id":"{self.name}","vendor":"HEARTH",'
            '"isReachable":true,"chargeState":{"isPluggedIn":true,"isCharging":true,'
            f'"chargeRate":{(seq % 110) / 10:.1f},"powerDeliveryState":"PLUGGED_IN:CHARGING"}}}},'
            '"updatedFields":["chargeState.chargeRate"]}'
        )
