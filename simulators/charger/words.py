"""What a box says, in the words of one version of OCPP."""

from collections.abc import Sequence
from typing import Protocol

from simulators.charger.cables import CableState
from simulators.charger.transaction import Outgoing, Payload, Transaction


class Words(Protocol):
    """Makes messages; the box and its outbox decide when they are said."""

    subprotocol: str

    def boot(self, vendor: str, model: str, serial_number: str) -> Payload:
        """A BootNotification."""

    def status_word(self, status: str) -> str:
        """What this version calls a status of 1.6."""

    def status(self, connector: int, status: str, at_s: float) -> Outgoing | None:
        """A StatusNotification; None where this version has none (connector 0)."""

    def authorize(self, id_tag: str) -> Outgoing: ...

    def started(self, tx: Transaction) -> Outgoing: ...

    def flowing(self, tx: Transaction, status: str, at_s: float) -> Outgoing | None:
        """The running transaction has another status; None where nobody is told."""

    def stopped(self, tx: Transaction, state: CableState, reason: str) -> Outgoing: ...

    def metered(
        self, tx: Transaction | None, at_s: float, values: Sequence[Payload], context: str
    ) -> Outgoing | None:
        """Meter values; None if there is nothing to say.

        Args:
            values: sampledValue entries of 1.6.
        """

    def verdict(self, answer: Payload) -> str | None:
        """What the central system thinks of the card."""

    def took(self, tx: Transaction, answer: Payload) -> None:
        """The central system has confirmed the start."""

    def name_of(self, tx: Transaction) -> int | str:
        """What a charging profile calls the transaction."""
