"""That we are there, and whether somebody else is there under our name."""

from collections import deque
from typing import Any, Final

import orjson

from agent import __version__
from agent.bridges.cloud.topics import Topics
from agent.bridges.documents import API_VERSION, Unreadable, parse
from agent.model.clock import Clock
from drivers.mqtt_link import Link, Message

MOST_TWINS: Final = 100
"""A twin that is started anew all the time is another process each time."""


class Presence:
    """The retained status, and what comes back of it.

    Args:
        boot_id: of this process; another Hearth with our agent_id has another one, and so had
            this one before it was started anew.
    """

    def __init__(self, topics: Topics, boot_id: str, config_rev: str, clock: Clock) -> None:
        self._topics, self._boot_id, self._config_rev = topics, boot_id, config_rev
        self._clock = clock
        began = clock.now()
        self._began_at = began.at if began.trusted else None
        self._twins: deque[str] = deque(maxlen=MOST_TWINS)

    @property
    def will(self) -> tuple[str, str]:
        """What the broker says for us when we vanish."""
        return self._topics.status, orjson.dumps(self._status(online=False)).decode()

    async def say(self, link: Link, *, online: bool) -> None:
        """
        Raises:
            LinkDown: the broker is lost.
        """
        status = orjson.dumps(self._status(online=online))
        await link.publish(self._topics.status, status, retain=True)

    def finds_twin(self, message: Message) -> bool:
        """Whether a status is of another Hearth: of a process that is not ours and spoke after
        ours had begun. What our own earlier life said, and its last will, is older."""
        try:
            status = parse(message.payload)
            boot_id, at = status.find_text("bootId"), status.find_instant("time")
        except Unreadable:
            return False
        if boot_id in (None, self._boot_id) or at is None or self._began_at is None:
            return False
        if at <= self._began_at:
            return False
        if boot_id not in self._twins:
            self._twins.append(str(boot_id))
        return True

    def is_twin(self, boot_id: str) -> bool:
        """Whether that is the process of another Hearth with our name."""
        return boot_id in self._twins

    def _status(self, *, online: bool) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "online": online,
            "bootId": self._boot_id,
            "agentVersion": __version__,
            "apiVersions": [API_VERSION],
            "configRev": self._config_rev,
            "time": now.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "timeTrusted": now.trusted,
        }
