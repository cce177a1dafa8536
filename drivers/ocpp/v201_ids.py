"""Transactions of OCPP 2.x have names that the charger makes; the book knows them by number.

Kept in the notebook, so that events of a transaction find its record after a restart too.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from agent.model.driver import Notebook

NOTES = "ocpp_transactions"
KEPT = 64
"""Of one charger; a repeated event is never as old as that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A transaction that has a record.

    Args:
        id: ours.
        evse: where it runs; 0 = unknown.
        begun: timestamp of the first event, as written; some chargers use a name again.
        ended: the charger has told its end.
    """

    id: int
    evse: int
    begun: str
    ended: bool = False


class TransactionIds:
    """Of one charge point."""

    def __init__(self, identity: str, notebook: Notebook) -> None:
        self._identity = identity
        self._notebook = notebook
        self._known: dict[str, Known] | None = None

    async def find(self, name: str) -> Known | None:
        return (await self._all()).get(name)

    async def names(self) -> dict[int, str]:
        """Names by our number, of transactions that have not ended."""
        return {known.id: name for name, known in (await self._all()).items() if not known.ended}

    async def keep(self, name: str, known: Known) -> None:
        """Returns when it is on disk."""
        held = await self._all()
        held.pop(name, None)
        held[name] = known
        while len(held) > KEPT:
            ended = (other for other, k in held.items() if k.ended)
            del held[next(ended, next(iter(held)))]
        note = {other: asdict(k) for other, k in held.items()}
        await self._notebook.write_note(NOTES, self._identity, note)

    async def _all(self) -> dict[str, Known]:
        if self._known is None:
            note = await self._notebook.read_note(NOTES, self._identity) or {}
            read = {name: _known(entry) for name, entry in note.items()}
            self._known = {name: known for name, known in read.items() if known is not None}
        return self._known


def _known(entry: object) -> Known | None:
    """What was noted, None if it was something else."""
    if not isinstance(entry, Mapping) or set(entry) != set(Known.__slots__):
        return None
    return Known(**entry)
