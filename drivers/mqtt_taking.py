"""Messages of a broker as they are taken, and acked only then.

aiomqtt acks what comes on arrival, and lets it go when a thousand wait. So what a lost connection
or a killed Hearth left untaken, or what came too fast, would never come again. Unacked it stays
with the broker, which sends no more than so many at a time and keeps them with the session. Only
of what is sent without any ack (QoS 0) some is let go when too much waits.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import aiomqtt

log = logging.getLogger(__name__)

MOST_WAITING: Final = 1000
AT_ONCE: Final = 20
"""Messages that are taken in one turn of the loop; aiomqtt's own way needs three turns for each."""


def waiting_room(address: str) -> "type[asyncio.Queue[aiomqtt.Message]]":
    """What holds messages until they are taken: at most 1000 that nobody acks, and all others. Of
    those MQTT allows 65 535 unacked ones, and a broker sends some 20."""

    class WaitingRoom(asyncio.Queue["aiomqtt.Message"]):
        _told = False

        def put_nowait(self, item: "aiomqtt.Message") -> None:
            self._told &= self.qsize() > MOST_WAITING // 2
            if item.qos > 0 or self.qsize() < MOST_WAITING:
                super().put_nowait(item)
            elif not self._told:
                self._told = True
                log.warning(
                    "MQTT broker %s sends more than can be read; some of what comes with QoS 0, "
                    "as on %s, is let go",
                    address,
                    item.topic,
                )

    return WaitingRoom


def ack_when_taken(client: "aiomqtt.Client") -> None:
    """Leave the acks to `taken`; before the client connects."""
    client._client.manual_ack_set(on=True)  # noqa: SLF001


async def taken(client: "aiomqtt.Client") -> "AsyncIterator[aiomqtt.Message]":
    """
    Raises:
        aiomqtt.MqttError: the connection is lost, and all that had come by then is taken.
    """
    waiting, paho = client._queue, client._client  # noqa: SLF001
    async for first in client.messages:
        paho.ack(first.mid, first.qos)
        yield first
        for _ in range(min(AT_ONCE, waiting.qsize())):
            message = waiting.get_nowait()
            paho.ack(message.mid, message.qos)
            yield message
