"""Take everything of ours off the broker, for `hearth ha-clean`."""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Final

from agent.bridges.home_assistant.retained import Retained
from agent.bridges.home_assistant.topics import Topics, slug
from agent.bridges.mqtt import Broker, Link, connect
from agent.model.driver import LinkDown, Notebook

log = logging.getLogger(__name__)

SWEEP_TIMEOUT_S: Final = 10.0


async def clean(broker: Broker, gateway_id: str, notebook: Notebook) -> int:
    """Clear all retained topics that were ever ours; return how many.

    That is what the notebook knows, and whatever else stands under our own base topic or is a
    discovery message with our origin and one of our identifiers. Hearth itself should not run
    meanwhile: it would publish again at its next start.

    Raises:
        LinkDown: no broker there, it turned us away, or it was lost.
    """
    topics, retained = Topics(broker, gateway_id), Retained(notebook)
    await retained.load()
    async with connect(broker, client_id=f"hearth-{slug(gateway_id)}-clean") as link:
        known = retained.others(())
        found = await _ours(link, topics)
        doomed = sorted({*known, *found}, key=lambda topic: (not topic.endswith("/config"), topic))
        for topic in doomed:
            await link.publish(topic, "", retain=True)
            await retained.forget(topic)
    return len(doomed)


async def _ours(link: Link, topics: Topics) -> set[str]:
    """Topics of retained messages that are ours.

    The broker sends what it retains before what is published later, so the end is where a
    message of our own comes back.
    """
    prefix = topics.broker.discovery_prefix
    marker, nonce = f"{topics.root}/clean", uuid.uuid4().hex
    await link.subscribe(
        [f"{prefix}/device/+/config", f"{prefix}/device/+/+/config", f"{topics.root}/#"]
    )
    await link.publish(marker, nonce, retain=False)
    found: set[str] = set()
    try:
        async with asyncio.timeout(SWEEP_TIMEOUT_S):
            async for message in link.messages():
                if message.topic == marker and message.payload == nonce.encode():
                    break
                below_us = message.topic.startswith(f"{topics.root}/")
                if message.retained and (below_us or _is_ours(message.payload, topics)):
                    found.add(message.topic)
    except TimeoutError:
        raise LinkDown(
            f"MQTT broker {topics.broker.address} does not show us what it retains; "
            f"let us read {prefix}/# and {topics.root}/# in its access list"
        ) from None
    return found


def _is_ours(payload: bytes, topics: Topics) -> bool:
    try:
        document = json.loads(payload)
    except ValueError:
        return False
    if not isinstance(document, Mapping):
        return False
    origin, device = document.get("origin"), document.get("device")
    if not isinstance(origin, Mapping) or not isinstance(device, Mapping):
        return False
    identifiers = device.get("identifiers")
    return (
        origin.get("name") == "Hearth"
        and isinstance(identifiers, list)
        and any(isinstance(i, str) and topics.owns(i) for i in identifiers)
    )
