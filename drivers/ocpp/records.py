"""Transactions of one charge point that are in the book but not (or no longer) seen running."""

import logging

from agent.model.driver import Transaction
from agent.model.readings import DeviceId
from drivers.ocpp.connector import OpenTransaction

log = logging.getLogger(__name__)

ENDED_KEPT = 8
STARTS_KEPT = 16


class Records:
    """Args:
    unfinished: open in the book, by id.
    ended: the last few that ended, and whose they were.
    starts: the last few StartTransactions, to know repetitions.
    """

    def __init__(self) -> None:
        self.unfinished: dict[int, Transaction] = {}
        self.ended: dict[int, DeviceId] = {}
        self.starts: dict[str, Transaction] = {}

    def forget(self, transaction_id: int, charger: DeviceId) -> None:
        """A transaction has ended; late samples of it do not bring it back."""
        self.unfinished.pop(transaction_id, None)
        self.ended[transaction_id] = charger
        if len(self.ended) > ENDED_KEPT:
            del self.ended[next(iter(self.ended))]

    def started(self, key: str, transaction: Transaction) -> None:
        """Remember a StartTransaction for when it is repeated."""
        self.starts[key] = transaction
        if len(self.starts) > STARTS_KEPT:
            del self.starts[next(iter(self.starts))]

    def newest_unfinished(self, charger: DeviceId) -> int | None:
        """The transaction that stands open in the book for this charger."""
        mine = [t.id for t in self.unfinished.values() if t.charger == charger]
        return max(mine, default=None)

    def adopt(self, who: str, transaction_id: int, name: str | None = None) -> OpenTransaction:
        """The running transaction of that id, from the book if it stands there."""
        known = self.unfinished.pop(transaction_id, None)
        if known is None:
            return OpenTransaction(id=transaction_id, name=name)
        log.info("%s: the charge that was already running goes on", who)
        return OpenTransaction(
            id=known.id, id_tag=known.id_tag, meter_start_wh=known.meter_start_wh, name=name
        )
