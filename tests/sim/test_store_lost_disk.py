"""A disk that neither writes nor reads any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.store import Change, StoreFull
from tests.sim.power_cuts import cut, prepare, run
from tests.sim.store_values import GARAGE, NOON, open_store


@contextmanager
def disk_of_its_own(folder: Path) -> Iterator[Path]:
    try:
        prepare(folder / "disk.img", folder / "disk")
    except SystemExit:
        pytest.skip("no disk can be mounted here: root may, in a container with CAP_SYS_ADMIN")
    try:
        yield folder / "disk"
    finally:
        run("umount", "-l", str(folder / "disk"))


async def test_a_disk_that_is_gone_ends_nothing_and_cars_get_their_transactions(
    tmp_path: Path,
) -> None:
    with disk_of_its_own(tmp_path) as disk:
        store = await open_store(disk)
        await store.save(Change(settings={"a": {"n": 1}}))
        cut(disk)
        for number in range(3):
            with pytest.raises(StoreFull, match="check or replace the memory card"):
                await store.save(Change(settings={"a": {"n": number}}))
        begun = await store.transactions.open_transaction(
            charger=GARAGE, id_tag="tag", started_at=NOON, meter_start_wh=1.0
        )
        ended = await store.transactions.close_transaction(
            charger=GARAGE,
            transaction_id=begun.id,
            stopped_at=NOON,
            meter_stop_wh=2.0,
            reason="Local",
        )
        assert ended.id == begun.id
        await store.close()
