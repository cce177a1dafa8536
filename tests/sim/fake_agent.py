"""An agent as the protocol sees it, in fifty lines of paho: for tests of the cloud."""

import gzip
import json
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

Json = dict[str, Any]
WITHIN_S = 10.0


def envelope(
    seq: int, *, boot_id: str = "boot-1", event_id: str | None = None, **more: Any
) -> Json:
    """An event of one charger; its revision grows with seq."""
    return {
        "eventId": event_id or f"event-{seq}",
        "seq": seq,
        "bootId": boot_id,
        "event": "user:charger:updated",
        "version": "2024-10-01",
        "createdAt": "2026-01-01T00:00:00Z",
        "user": {"id": "house"},
        "resourceRev": seq,
        "charger": {"id": "box"},
        "updatedFields": ["chargeState.chargeRate"],
        **more,
    }


@dataclass
class FakeAgent:
    port: int
    agent: str = "a1"
    boot_id: str = "boot-1"
    protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5
    client_id: str | None = None
    heard: list[tuple[str, Json]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id or f"agent-{uuid.uuid4().hex[:8]}",
            protocol=self.protocol,
        )
        self.client.on_message = self._on_message
        self.client.on_socket_open = _no_delay
        self.client.will_set(f"{self.base}/status", json.dumps(self.status(online=False)), 1, True)
        self.client.connect("127.0.0.1", self.port)
        for topic in ("ack", "cmd/+", "desired/+/+", "vehicle-in/+"):
            self.client.subscribe(f"{self.base}/{topic}", qos=1)
        self.client.loop_start()
        self.tell("status", self.status(), retain=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    @property
    def base(self) -> str:
        return f"hearth/v1/{self.agent}"

    def status(self, *, online: bool = True) -> Json:
        return {"online": online, "bootId": self.boot_id, "timeTrusted": True}

    def tell(self, topic: str, body: Any, *, retain: bool = False, compress: bool = False) -> None:
        """Returns when the broker has it."""
        payload = json.dumps(body).encode()
        payload = gzip.compress(payload) if compress else payload
        self.client.publish(f"{self.base}/{topic}", payload, 1, retain).wait_for_publish(WITHIN_S)

    def events(self, *seqs: int, **more: Any) -> None:
        for seq in seqs:
            self.tell("event", envelope(seq, boot_id=self.boot_id, **more))

    def answer(self, command: Json, status: int = 200, body: Any = None) -> None:
        result = {"requestId": command["requestId"], "status": status, "body": body or {}}
        self.tell(f"cmd-result/{command['requestId']}", result)

    def wait(self, topic: str, wanted: Callable[[Json], bool] = lambda _: True) -> Json:
        """The first message below a topic that is wanted, also one of the past."""
        deadline_s = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline_s:
            for path, body in list(self.heard):
                if path.startswith(topic) and wanted(body):
                    return body
            time.sleep(0.01)
        raise AssertionError(f"no {topic} came; there were {self.heard}")

    def acked(self, seq: int) -> Json:
        return self.wait("ack", lambda body: body["ackSeq"] == seq)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.heard.append(
            (message.topic.removeprefix(self.base + "/"), json.loads(message.payload))
        )


def _no_delay(_client: mqtt.Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
