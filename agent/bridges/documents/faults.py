"""What is wrong with something that the cloud sent."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from agent.bridges.documents.view import Json

PROBLEM_TYPE: Final = "urn:hearth:problem:"
_SLUGS: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("bad-request", "The request cannot be carried out"),
    HTTPStatus.FORBIDDEN: ("forbidden", "The installer did not grant this"),
    HTTPStatus.NOT_FOUND: ("not-found", "There is no such thing here"),
    HTTPStatus.CONFLICT: ("conflict", "It stands in the way of something else"),
    HTTPStatus.GONE: ("expired", "It is too late for that"),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("controlled-entity", "Somebody else steers this device"),
}


class Unreadable(Exception):
    """The one exception of all readers of this package.

    Args:
        pointer: JSON pointer to the faulty part; "" is the whole.
        what: what is wrong with it.
        remedy: what would be right.
        status: 400; 404 where it names something that does not exist, 403 without a scope.
    """

    def __init__(
        self, pointer: str, what: str, remedy: str, status: int = HTTPStatus.BAD_REQUEST
    ) -> None:
        super().__init__(f"{pointer or 'payload'} {what}; {remedy}")
        self.pointer, self.what, self.remedy, self.status = pointer, what, remedy, int(status)

    def document(self, instance: str | None = None) -> Json:
        """The problem with the place of the fault."""
        made = problem(self.status, str(self), instance)
        return made | {"issues": [{"pointer": self.pointer, "detail": self.what}]}


def problem(status: int, detail: str, instance: str | None = None) -> Json:
    """application/problem+json.

    Args:
        instance: the requestId.
    """
    slug, title = _SLUGS.get(status, ("server-error", "Something went wrong here"))
    made: Json = {"type": PROBLEM_TYPE + slug, "title": title, "status": status, "detail": detail}
    return made if instance is None else made | {"instance": instance}
