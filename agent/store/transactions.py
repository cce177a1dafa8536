"""The book of OCPP transactions, on disk before a charger hears of them.

Ids grow for ever, even when the database is lost: they begin at the number of seconds since 2020,
which is ahead of any id that was given out before, as a house has less than one transaction a
second. They stay below 2**31 until 2083.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from agent.model.clock import Now
from agent.model.driver import Transaction
from agent.model.readings import DeviceId
from agent.store.rows import Key, Row, charge_row, clean, encode
from agent.store.values import StoreFull

COUNTED_FROM = datetime(2020, 1, 1, tzinfo=UTC)
LARGEST_FIRST_ID = 2_000_000_000
REMEMBERED = 256

Keep = Callable[[dict[Key, Row]], Awaitable[None]]
Tell = Callable[[Transaction], dict[Key, Row]]
Find = Callable[[int | None, str | None], Awaitable[tuple[str, Transaction] | None]]


def first_id(highest: int, now: Now) -> int:
    """The first id to give out after a start, above `highest` in the database."""
    clock_id = int((now.at - COUNTED_FROM).total_seconds())
    return max(1, highest + 1, min(clock_id, LARGEST_FIRST_ID))


class Transactions:
    """A TransactionBook.

    When the disk is full a transaction is nevertheless given its id, since a car must charge; it
    waits in memory and is written when there is room again.

    Args:
        keep: writes rows; returns when they are on disk, raises StoreFull.
        find: a transaction on disk by id or dedupe key.
        tell: rows that tell the cloud of a transaction that began or ended.
        known: open ones, by id.
    """

    def __init__(
        self,
        keep: Keep,
        find: Find,
        tell: Tell,
        known: dict[int, tuple[str, Transaction]],
        next_id: int,
    ) -> None:
        self._keep, self._find, self._tell = keep, find, tell
        self._known = known
        self._by_dedupe = {dedupe: number for number, (dedupe, _) in known.items()}
        self._next_id = next_id
        self._unsaved: set[int] = set()

    async def open_transaction(
        self, *, charger: DeviceId, id_tag: str, started_at: datetime, meter_start_wh: float | None
    ) -> Transaction:
        """Open one, or return the same one for the same four values."""
        started_at = started_at.astimezone(UTC)
        dedupe = encode([charger, id_tag, started_at, meter_start_wh])
        found = await self._lookup(None, dedupe)
        if found is None:
            found = Transaction(
                id=self._new_id(),
                charger=charger,
                id_tag=clean(id_tag),
                started_at=started_at,
                meter_start_wh=meter_start_wh,
            )
        return await self._write(found, dedupe)

    async def close_transaction(
        self,
        *,
        charger: DeviceId,
        transaction_id: int,
        stopped_at: datetime,
        meter_stop_wh: float | None,
        reason: str | None,
        reconstructed: bool = False,
    ) -> Transaction:
        """Close it; the first word counts, but a report replaces what was inferred.

        An id that nobody knows, or that belongs to another charger, becomes a transaction without
        a start under a new id of ours, with `started_at` = `stopped_at` and an empty id tag.
        """
        stopped_at = stopped_at.astimezone(UTC)
        sane = 1 <= transaction_id < 2**31
        found = await self._lookup(transaction_id, None) if sane else None
        if found is None or found.charger != charger:
            dedupe = encode([charger, "stop", str(transaction_id), stopped_at, meter_stop_wh])
            found = await self._lookup(None, dedupe) or Transaction(
                id=self._new_id(),
                charger=charger,
                id_tag="",
                started_at=stopped_at,
                meter_start_wh=None,
            )
        else:
            dedupe = self._known[found.id][0]
        if found.stopped_at is None or (found.reconstructed and not reconstructed):
            found = replace(
                found,
                stopped_at=stopped_at,
                meter_stop_wh=meter_stop_wh,
                stop_reason=None if reason is None else clean(reason),
                reconstructed=reconstructed,
            )
        return await self._write(found, dedupe)

    async def open_transactions(self) -> Sequence[Transaction]:
        """All that have no stop yet, oldest first."""
        still_open = (charge for _, charge in self._known.values() if charge.stopped_at is None)
        return sorted(still_open, key=lambda charge: (charge.started_at, charge.id))

    async def _lookup(self, number: int | None, dedupe: str | None) -> Transaction | None:
        """From memory or disk; found ones are in memory afterwards. No await follows a miss, so
        two callers at once cannot both make one."""
        if (found := self._remembered(number, dedupe)) is None:
            stored = await self._find(number, dedupe)
            found = self._remembered(number, dedupe)
            if found is None and stored is not None:
                found = stored[1]
                self._remember(found, stored[0])
        return found

    def _remembered(self, number: int | None, dedupe: str | None) -> Transaction | None:
        if number is None:
            number = self._by_dedupe.get(dedupe or "")
        known = None if number is None else self._known.get(number)
        return None if known is None else known[1]

    def _remember(self, charge: Transaction, dedupe: str) -> None:
        self._known[charge.id] = (dedupe, charge)
        self._by_dedupe[dedupe] = charge.id
        if len(self._known) > REMEMBERED:
            ended = next((n for n, (_, c) in self._known.items() if c.stopped_at), None)
            if ended is not None:
                del self._by_dedupe[self._known.pop(ended)[0]]

    async def _write(self, charge: Transaction, dedupe: str) -> Transaction:
        repeated = self._known.get(charge.id) == (dedupe, charge)
        if repeated and charge.id not in self._unsaved:
            return charge
        self._remember(charge, dedupe)
        self._unsaved.add(charge.id)
        rows = dict([charge_row(charge, dedupe)])
        if not repeated:
            rows |= self._tell(charge)
        try:
            await self._keep(rows)
        except StoreFull:
            return charge  # a car must charge; the store goes on trying
        if self._known.get(charge.id) == (dedupe, charge):
            self._unsaved.discard(charge.id)
        return charge

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1
