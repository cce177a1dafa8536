"""One connection to an MQTT broker, in words that an installer understands.

Every trouble with the broker is LinkDown with the remedy in it; nobody else here knows which
library speaks MQTT. Everything is QoS 1, so that a lost message is a lost connection, and
TCP_NODELAY is set: without it a command and its answer take 88 ms instead of 0.4 ms
(measured with Mosquitto 2.0 on loopback).
"""

import asyncio
import math
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.model.driver import LinkDown
from drivers.mqtt_at_once import AtOnce
from drivers.mqtt_taking import MOST_WAITING, ack_when_taken, taken, waiting_room
from drivers.mqtt_tls import tls_context
from drivers.mqtt_trouble import LastWords, why

if TYPE_CHECKING:
    import aiomqtt

CONNECT_TIMEOUT_S: Final = 12.0
"""Half of it is longer than paho-mqtt dials (5 s); its thread that dials cannot be called back."""

ANSWER_TIMEOUT_S: Final = 10.0
GOODBYE_TIMEOUT_S: Final = 2.0
WINDOW: Final = 100
SUBSCRIBE_REFUSED: Final = 0x80  # MQTT 3.1.1 §3.9.3

_NO_5: Final = ("unsupported protocol version", "does not answer", "connection is lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where an MQTT broker is, and how it lets us in.

    Args:
        tls_ca, tls_certificate, tls_key: paths of PEM files; without tls_ca the system's
            authorities are trusted.
        setting: the section of the installer's file that says all this, for remedies.
    """

    host: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    tls_ca: Path | str | None = None
    tls_certificate: Path | str | None = None
    tls_key: Path | str | None = None
    keepalive_s: int = 15
    setting: str = "mqtt"

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that the broker keeps while we are away; MQTT 5 where the broker speaks it.

    Args:
        kept_s: how long it keeps it; MQTT 3.1.1 has no word for that, brokers have a setting.
        window: messages that may be on their way without the broker's answer.
    """

    kept_s: int
    window: int = 20


@dataclass(frozen=True, slots=True)
class Message:
    """Args:
    retained: the broker had kept it; nobody said it just now.
    expiry_s: MQTT 5: for how much longer its sender wants it heeded; None = not said.
    """

    topic: str
    payload: bytes
    retained: bool
    expiry_s: int | None = None


class Link:
    """An open connection; every method raises LinkDown when it is lost."""

    def __init__(self, client: "aiomqtt.Client", broker: Server, *, speaks_5: bool) -> None:
        self._client = client
        self._broker = broker
        self.speaks_5 = speaks_5

    async def publish(
        self, topic: str, payload: str | bytes, *, retain: bool, content_type: str | None = None
    ) -> None:
        """Returns when the broker has it. Calls go out in the order in which they were made.

        Args:
            content_type: told where the broker speaks MQTT 5.
        """
        properties = _publishing(content_type) if self.speaks_5 and content_type else None
        async with self._patience():
            await self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)

    async def subscribe(self, topics: Iterable[str]) -> None:
        wanted = [(topic, 1) for topic in topics]
        async with self._patience():
            granted = await self._client.subscribe(wanted)
        codes = [code if isinstance(code, int) else code.value for code in granted]
        for (topic, _), code in zip(wanted, codes, strict=True):
            if code >= SUBSCRIBE_REFUSED:
                raise LinkDown(
                    f"MQTT broker {self._broker.address} does not let us subscribe to {topic}; "
                    "allow it in the broker's access list"
                )

    async def messages(self) -> AsyncIterator[Message]:
        """What comes; until it is asked for here, the broker does not count it as delivered."""
        import aiomqtt

        try:
            async for message in taken(self._client):
                payload = message.payload
                if not isinstance(payload, bytes | bytearray):
                    payload = str(payload or "").encode()
                expiry_s = getattr(message.properties, "MessageExpiryInterval", None)
                yield Message(str(message.topic), bytes(payload), bool(message.retain), expiry_s)
        except aiomqtt.MqttError as error:
            raise LinkDown(_why(self._broker, error)) from None

    @asynccontextmanager
    async def _patience(self) -> AsyncIterator[None]:
        import aiomqtt

        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                yield
        except aiomqtt.MqttError as error:
            raise LinkDown(_why(self._broker, error)) from None
        except TimeoutError:
            raise LinkDown(f"MQTT broker {self._broker.address} has gone silent") from None


@asynccontextmanager
async def connect(
    broker: Server,
    *,
    client_id: str,
    last_will: tuple[str, str] | None = None,
    within_s: float = CONNECT_TIMEOUT_S,
    session: Session | None = None,
) -> AsyncIterator[Link]:
    """Hold a connection for as long as the block runs.

    Args:
        last_will: topic and payload that the broker retains when we vanish.
        within_s: how long the broker may take to let us in.
        session: None = a fresh one each time, over MQTT 3.1.1.

    Raises:
        LinkDown: no broker there, it turned us away, or it was lost.
    """
    import aiomqtt

    context = await asyncio.to_thread(_context, broker) if broker.tls else None
    will = None if last_will is None else aiomqtt.Will(*last_will, qos=1, retain=True)
    speaks_5 = session is not None
    words = LastWords()
    made = partial(_client, broker, client_id, will, context, session, words)
    client = made(speaks_5=speaks_5)
    try:
        await _let_in(client, broker, words, within_s / 2 if speaks_5 else within_s)
    except LinkDown as error:
        if not speaks_5 or not _knows_no_5(error):
            raise
        speaks_5 = False
        client = made(speaks_5=False)
        await _let_in(client, broker, words, within_s)
    try:
        yield Link(client, broker, speaks_5=speaks_5)
    finally:
        client._disconnected.add_done_callback(_heard)  # noqa: SLF001 -- it may have a new one
        with suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await client.__aexit__(None, None, None)


def _heard(lost: "asyncio.Future[None]") -> None:
    """Whoever used the connection has said why it ended; asyncio need not say it once more."""
    if not lost.cancelled():
        lost.exception()


def _why(broker: Server, error: object) -> str:
    return why(broker.address, broker.setting, str(error))


def _client(
    broker: Server,
    client_id: str,
    will: "aiomqtt.Will | None",
    context: ssl.SSLContext | None,
    session: Session | None,
    words: LastWords,
    *,
    speaks_5: bool,
) -> "aiomqtt.Client":
    import aiomqtt

    kept: dict[str, Any] = {}
    if session is not None and speaks_5:
        kept = {"properties": _connecting(session), "clean_start": False}
        kept["protocol"] = aiomqtt.ProtocolVersion.V5
    elif session is not None:
        kept = {"clean_session": False}
    client = aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=client_id,
        will=will,
        keepalive=broker.keepalive_s,
        # Its own time-outs are asyncio.wait_for, which on Python 3.11 loses a cancellation that
        # comes together with the answer: Hearth would not stop. Ours are asyncio.timeout.
        timeout=math.inf,
        logger=words.logger(),
        tls_context=context,
        queue_type=waiting_room(broker.address),
        max_inflight_messages=WINDOW if session is None else session.window,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        **kept,
    )
    client.pending_calls_threshold = MOST_WAITING
    ack_when_taken(client)
    client._loop = AtOnce(client._loop)  # type: ignore[assignment]  # noqa: SLF001
    client._disconnected.add_done_callback(_heard)  # noqa: SLF001
    return client


async def _let_in(
    client: "aiomqtt.Client", broker: Server, words: LastWords, within_s: float
) -> None:
    import aiomqtt

    now_s, words.text = asyncio.get_running_loop().time, None
    try:
        async with asyncio.timeout(within_s) as patience:
            words.on_text = lambda: None if patience.expired() else patience.reschedule(now_s())
            await client.__aenter__()
            words.on_text = None
    except aiomqtt.MqttError as error:
        _abandon(client)
        raise LinkDown(_why(broker, error)) from None
    except TimeoutError:
        _abandon(client)
        if words.text is not None and "SSL" in words.text:
            raise LinkDown(_why(broker, words.text)) from None
        raise LinkDown(
            f"MQTT broker {broker.address} does not answer; check that it speaks MQTT there, and "
            f"{'without' if broker.tls else 'with'} {broker.setting}.tls"
        ) from None


def _abandon(client: "aiomqtt.Client") -> None:
    """Close the socket of an attempt that failed; aiomqtt leaves it open, and for good."""
    client._connected = asyncio.get_running_loop().create_future()  # noqa: SLF001 -- read once more
    client._client.disconnect()  # noqa: SLF001


def _context(broker: Server) -> ssl.SSLContext:
    return tls_context(broker.tls_ca, broker.tls_certificate, broker.tls_key)


def _knows_no_5(error: LinkDown) -> bool:
    """A broker that speaks 3.1.1 only says so, or just hangs up, which looks like silence."""
    text = str(error).lower()
    return any(mark in text for mark in _NO_5)


def _connecting(session: Session) -> Any:
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = session.kept_s
    properties.ReceiveMaximum = MOST_WAITING
    return properties


def _publishing(content_type: str) -> Any:
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ContentType = content_type
    return properties
