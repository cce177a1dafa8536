"""Names on the cloud's broker."""

from dataclasses import dataclass
from typing import Final

KINDS: Final = ("desired/+/+", "cmd/+", "ack", "vehicle-in/+")


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one agent; it may use no others."""

    agent_id: str

    @property
    def base(self) -> str:
        return f"hearth/v1/{self.agent_id}"

    @property
    def status(self) -> str:
        return f"{self.base}/status"

    @property
    def event(self) -> str:
        return f"{self.base}/event"

    @property
    def downwards(self) -> list[str]:
        """What to subscribe to; our own status tells of a second agent with our name."""
        return [*(f"{self.base}/{kind}" for kind in KINDS), self.status]

    def state(self, kind: str, resource_id: str) -> str:
        return f"{self.base}/state/{kind}/{resource_id}"

    def telemetry(self, key: str) -> str:
        return f"{self.base}/telemetry/{key}"

    def reported(self, kind: str, resource_id: str) -> str:
        return f"{self.base}/reported/{kind}/{resource_id}"

    def result(self, request_id: str) -> str:
        return f"{self.base}/cmd-result/{request_id}"

    def parts(self, topic: str) -> list[str]:
        """The levels below our base; empty if it is not ours."""
        head, _, tail = topic.partition(f"{self.base}/")
        return tail.split("/") if not head else []
