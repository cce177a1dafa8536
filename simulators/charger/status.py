"""StatusNotification: when the connector's status changes, at once or, as some boxes do, late."""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.charger.outbox import Outbox
from simulators.charger.transaction import Outgoing
from simulators.charger.words import Words


@dataclass(slots=True, kw_only=True)
class StatusBoard:
    """Args:
    status: the connector's, as last shown; empty makes the next one news.
    late_s: how long a change is kept to itself.
    """

    outbox: Outbox
    words: Words
    now: Callable[[], float]
    online: Callable[[], bool]
    say: Callable[..., None]
    late_s: float = 0.0
    status: str = ""
    since_s: float = 0.0
    _late: list[tuple[float, Outgoing]] = field(default_factory=list)

    def show(self, status: str) -> None:
        """Report the connector's status if it changed."""
        now_s = self.now()
        while self._late and self._late[0][0] <= now_s:
            self.outbox.put(self._late.pop(0)[1])
        if status == self.status:
            return
        words = self.words
        news = not self.status or words.status_word(status) != words.status_word(self.status)
        self.status, self.since_s = status, now_s
        self.say("status", status=status)
        message = self.message(1, status)
        if message is None or not news:
            return
        if self.late_s:
            self._late.append((now_s + self.late_s, message))
        elif self.online():
            self.outbox.put(message)

    def message(self, connector: int, status: str) -> Outgoing | None:
        return self.words.status(connector, status, self.since_s if connector else self.now())
