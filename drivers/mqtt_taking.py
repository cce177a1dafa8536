"""Messages of a broker as they are taken, and acked only then.

aiomqtt acks what comes on arrival, and lets it go when a thousand wait. So what a lost connection
or a killed Hearth left untaken, or what came too fast, would never come again. Unacked it waits
with the broker, which sends no more than so many at a time and keeps them with the session.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import aiomqtt

AT_ONCE: Final = 20
"""Messages that are taken in one turn of the loop; aiomqtt's own way needs three turns for each."""


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
