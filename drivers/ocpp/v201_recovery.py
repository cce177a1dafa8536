"""After a reconnect: which of the transactions on record still run (GetTransactionStatus)."""

import logging

from drivers.ocpp import v201_requests
from drivers.ocpp.calls import Declined, Priority
from drivers.ocpp.connector import Connector
from drivers.ocpp.session import Session
from drivers.ocpp.transactions import adopted, infer_end
from drivers.ocpp.v201_ids import TransactionIds

log = logging.getLogger(__name__)


async def recover(session: Session, ids: TransactionIds) -> None:
    """Ask for each one that is open on record and was not heard of over this connection.

    Raises:
        LinkDown: the charger does not answer any more.
    """
    names = await ids.names()
    for connector in session.connectors.values():
        for number in _open(session, connector):
            if number not in names or connector.status_is_fresh:
                continue
            request = v201_requests.get_transaction_status(names[number])
            try:
                answer = await session.call(request, priority=Priority.INFO)
            except Declined:
                return
            ongoing = answer.get("ongoingIndicator")
            if ongoing is True:
                await _goes_on(session, connector, number, names[number])
            elif ongoing is False and answer.get("messagesInQueue") is False:
                await _is_over(session, connector, number)


def _open(session: Session, connector: Connector) -> list[int]:
    mine = {t.id for t in session.records.unfinished.values() if t.charger == connector.device}
    return sorted(mine | ({connector.transaction.id} if connector.transaction else set()))


async def _goes_on(session: Session, connector: Connector, number: int, name: str) -> None:
    now = session.shared.clock.now()
    if connector.transaction is None:
        said = adopted(session, connector, number, now, name=name)
        await session.shared.report(connector.reading(now, **said))


async def _is_over(session: Session, connector: Connector, number: int) -> None:
    log.info("%s: a charge ended without a word; Hearth closes its record", connector.name)
    now = session.shared.clock.now()
    await infer_end(session, connector, number, connector.meter.register_wh, now)
    if connector.transaction_id == number:
        await session.shared.report(connector.reading(now, **connector.on_stop(now)))
