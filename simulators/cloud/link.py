"""A connection to the broker, MQTT 5 or 3.1.1.

The library PUBACKs a message before it is on our disk; that loses nothing, for the agent keeps
everything until the ack of the protocol.
"""

import argparse
import asyncio
import logging
import math
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PATIENCE_S = 10.0
_TRY_5_S = 3.0
_REFUSED = 0x80  # MQTT 3.1.1 §3.9.3
_SESSION_S = 7 * 24 * 3600
_LOG = logging.getLogger("simulators.cloud.mqtt")
# A stop calls off a subscription, whose answer is no fault.
_LOG.addFilter(lambda record: not record.getMessage().startswith("Unexpected message ID "))
_PASSWORD = "HEARTH_CLOUD_PASSWORD"  # noqa: S105 -- the variable's name


Hear = Callable[[aiomqtt.Message], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Args:
    protocol: "5", "3.1.1", or "auto": 5, and 3.1.1 where the broker knows no better.
    """

    host: str
    port: int
    protocol: str = "auto"
    username: str | None = None
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def add_options(parse: argparse.ArgumentParser) -> None:
    parse.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    parse.add_argument("--protocol", choices=["auto", "5", "3.1.1"], default="auto")
    parse.add_argument("--username", help=f"its password is read from {_PASSWORD}")
    parse.add_argument("--tls", action="store_true")
    parse.add_argument("--ca", type=Path, help="PEM; else the system's authorities")
    parse.add_argument("--certificate", type=Path)
    parse.add_argument("--key", type=Path)


def broker(args: argparse.Namespace) -> Broker:
    """Raises:
    ValueError: the address has no port.
    """
    host, _, port = args.broker.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"--broker {args.broker} is not HOST:PORT")
    return Broker(
        host=host,
        port=int(port),
        protocol=args.protocol,
        username=args.username,
        tls=args.tls or args.ca is not None,
        ca=args.ca,
        certificate=args.certificate,
        key=args.key,
    )


class Link:
    """An open connection; raises aiomqtt.MqttError when it is lost.

    Args:
        protocol: what is spoken, "5" or "3.1.1".
    """

    def __init__(self, client: aiomqtt.Client, protocol: str) -> None:
        self.client = client
        self.protocol = protocol

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: float | None = None
    ) -> None:
        """Returns when the broker has it."""
        properties = None
        if self.protocol == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.ContentType = "application/json"
            if expiry_s is not None:
                properties.MessageExpiryInterval = max(0, math.ceil(expiry_s))
        async with asyncio.timeout(PATIENCE_S):
            await self.client.publish(topic, payload, qos=1, retain=retain, properties=properties)

    async def subscribe(self, *topics: str) -> None:
        """Raises:
        aiomqtt.MqttError: the broker does not allow it.
        """
        async with asyncio.timeout(PATIENCE_S):
            granted = await self.client.subscribe([(topic, 1) for topic in topics])
        for topic, code in zip(topics, granted, strict=True):
            number: int = code if isinstance(code, int) else getattr(code, "value", _REFUSED)
            if number >= _REFUSED:
                raise aiomqtt.MqttError(f"the broker does not let the cloud subscribe to {topic}")


@asynccontextmanager
async def connect(
    there: Broker, client_id: str, *, keep: bool = False, hear: Hear | None = None
) -> AsyncIterator[Link]:
    """Hold a connection for as long as the block runs.

    Args:
        keep: the broker keeps the session for 7 days.
        hear: called with every message, also while the block is being left, since the library has
            PUBACKed it; without it the messages are in the client's queue.

    Raises:
        aiomqtt.MqttError: no broker there, or it was lost.
        TimeoutError: it is silent.
    """
    client, protocol = await _open(there, client_id, keep=keep, hear=hear)
    try:
        yield Link(client, protocol)
    finally:
        with suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(2):
                await client.__aexit__(None, None, None)


async def _open(
    there: Broker, client_id: str, *, keep: bool, hear: Hear | None
) -> tuple[aiomqtt.Client, str]:
    if there.protocol == "auto":
        with suppress(MqttConnectError, TimeoutError):
            return await _try(there, client_id, "5", _TRY_5_S, keep=keep, hear=hear), "5"
    protocol = "3.1.1" if there.protocol == "auto" else there.protocol
    return await _try(there, client_id, protocol, PATIENCE_S, keep=keep, hear=hear), protocol


async def _try(
    there: Broker, client_id: str, protocol: str, within_s: float, *, keep: bool, hear: Hear | None
) -> aiomqtt.Client:
    five, properties = protocol == "5", None
    if five and keep:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_S
    client = aiomqtt.Client(
        there.host,
        there.port,
        username=there.username,
        password=os.environ.get(_PASSWORD) if there.username else None,
        identifier=client_id,
        queue_type=None if hear is None else _straight(hear),
        protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
        clean_session=None if five else not keep,
        clean_start=not keep if five else MQTT_CLEAN_START_FIRST_ONLY,
        properties=properties,
        keepalive=15,
        timeout=math.inf,
        logger=_LOG,
        tls_context=_tls(there),
        max_inflight_messages=100,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )
    client.pending_calls_threshold = 100_000
    async with asyncio.timeout(within_s):
        await client.__aenter__()
    return client


def _straight(hear: Hear) -> type[asyncio.Queue[aiomqtt.Message]]:
    """A queue in which nothing waits."""

    class Straight(asyncio.Queue[aiomqtt.Message]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            hear(item)

    return Straight


def _tls(there: Broker) -> ssl.SSLContext | None:
    if not there.tls:
        return None
    context = ssl.create_default_context(cafile=there.ca)
    if there.certificate is not None:
        context.load_cert_chain(there.certificate, there.key)
    return context
