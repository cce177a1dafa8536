"""What one version of OCPP must provide; everything else is the same for all versions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from drivers.ocpp import rpc

if TYPE_CHECKING:
    from agent.model.clock import Now
    from agent.model.readings import Reading
    from drivers.ocpp.connector import Connector
    from drivers.ocpp.limits import Write
    from drivers.ocpp.requests import Request
    from drivers.ocpp.session import Session

Reply = tuple[dict[str, Any] | rpc.Fault, Sequence["Reading"]]
"""What to answer, and the Readings to report once that is sent."""


class Dialect(Protocol):
    """One version, as one charge point speaks it: what its requests mean, how ours are written.

    The requests that return a Request raise Refused if Hearth itself would break the schema.
    """

    async def handle(self, session: "Session", call: rpc.Call, now: "Now") -> Reply:
        """Answer a request of the charger, whatever it is."""

    async def recover(self, session: "Session") -> None:
        """After a new connection, ask which of the transactions on record still run.

        Raises:
            LinkDown: the charger does not answer any more.
        """

    async def configure(self, session: "Session") -> None:
        """Read the settings of a charger that has booted, and set what should differ.

        Raises:
            LinkDown: the charger does not answer any more.
        """

    def limit(self, connector: "Connector", write: "Write") -> "Request":
        """Set a charging profile, which is given in the shape of 1.6."""

    def composite(self, connector: "Connector", duration_s: int, unit: str | None) -> "Request":
        """Ask which limit the charger applies."""

    def start(self, connector: "Connector", now: "Now") -> "Request":
        """Ask for a transaction with Hearth's own card."""

    def stop(self, connector: "Connector") -> "Request | None":
        """End the running transaction; None if there is none to name."""

    def triggers(
        self, session: "Session", connector: "Connector", message: str
    ) -> Sequence["Request"]:
        """Ways to ask for a StatusNotification or for MeterValues, best first."""
