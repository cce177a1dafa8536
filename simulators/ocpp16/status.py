"""StatusNotification: when the connector's status changes, at once or, as some boxes do, late."""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.clock import iso
from simulators.ocpp16.outbox import Outbox
from simulators.ocpp16.transaction import Outgoing


@dataclass(slots=True, kw_only=True)
class StatusBoard:
    """Args:
    status: the connector's, as last shown; empty makes the next one news.
    late_s: how long a change is kept to itself.
    """

    outbox: Outbox
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
        self.status, self.since_s = status, now_s
        self.say("status", status=status)
        if self.late_s:
            self._late.append((now_s + self.late_s, self.message(1, status)))
        elif self.online():
            self.outbox.put(self.message(1, status))

    def message(self, connector: int, status: str) -> Outgoing:
        payload = {
            "connectorId": connector,
            "errorCode": "NoError",
            "status": status,
            "timestamp": iso(self.since_s if connector else self.now()),
        }
        return Outgoing(action="StatusNotification", build=lambda: payload)
