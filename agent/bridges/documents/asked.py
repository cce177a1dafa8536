"""The body of one command with what is needed to understand it."""

from dataclasses import dataclass
from typing import TypedDict

from agent.bridges.documents.fields import Fields
from agent.bridges.documents.view import Sender
from agent.model.actions import RequestedBy
from agent.model.picture import Picture


class Origin(TypedDict):
    """What every Intent says of where it comes from."""

    requested_by: RequestedBy
    request_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Asked:
    body: Fields
    sender: Sender
    picture: Picture
    request_id: str
    fingerprint: str

    @property
    def origin(self) -> Origin:
        return Origin(
            requested_by=RequestedBy.CLOUD,
            request_id=self.request_id,
            fingerprint=self.fingerprint,
        )
