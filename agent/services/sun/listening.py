"""Solar forecasts that come over MQTT: what Home Assistant or a script publishes, with a mapping.

Several topics (today, tomorrow) add up to one forecast; a newer payload replaces its own topic's.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from agent.forecasts import Outlook, Row, outlook_of
from agent.model.clock import Clock, Now
from agent.services.sun.mapped import Keys, read
from agent.services.sun.source import BadAnswer, Judge
from drivers.mqtt_link import Server, connect

log = logging.getLogger(__name__)


class SunListener:
    """A link like others, for keep_running, and a Feed.

    Attributes:
        news: set when other rows than before were heard.
        trouble: why there is nothing new, with the remedy; None = all is well.
    """

    name = "solar forecast"

    def __init__(
        self,
        server: Server,
        client_id: str,
        topics: Sequence[str],
        keys: Keys,
        clock: Clock,
    ) -> None:
        self._server, self._client_id, self._topics = server, client_id, tuple(topics)
        self._keys, self._clock = keys, clock
        self._rows: dict[str, list[Row]] = {}
        self._new: Outlook | None = None
        self.news = asyncio.Event()
        self.trouble: str | None = None

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            LinkDown: no broker there, it turned us away, or it was lost.
        """
        async with connect(self._server, client_id=self._client_id) as link:
            await link.subscribe(self._topics)
            async for message in link.messages():
                if message.payload:
                    self.hear(message.topic, message.payload)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take one payload; one that cannot be read leaves what was heard before."""
        try:
            found = read(payload, self._keys)
        except BadAnswer as error:
            self._say(f"a payload on {topic} cannot be read: {error}")
            return
        if found != self._rows.get(topic):
            self._rows[topic] = found
            self.news.set()
        rows = [row for some in self._rows.values() for row in some]
        self._new = outlook_of("MQTT", self._clock.now().at, [rows])

    def remember(self, made_at: datetime, now: Now) -> None:
        """Nothing is asked, so nothing is asked too often."""

    async def ask(self, judge: Judge) -> Outlook | None:
        """What was heard since the last time, if it was found plausible."""
        heard, self._new = self._new, None
        if heard is None or not self._clock.now().trusted:
            return None
        wrong = judge(heard)
        self._say(wrong)
        return heard if wrong is None else None

    def _say(self, trouble: str | None) -> None:
        """One line per change."""
        if trouble is not None and trouble != self.trouble:
            log.warning("solar forecast: %s; Hearth goes on with what it knows", trouble)
        elif trouble is None and self.trouble is not None:
            log.info("solar forecast: what comes over MQTT is of use again")
        self.trouble = trouble
