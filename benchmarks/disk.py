"""How many bytes reach a disk: a small file system of one's own where root allows it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 256
SECTOR_BYTES = 512
_SECTORS_WRITTEN = 6  # of /sys/block/DEVICE/stat, Linux Documentation/block/stat.rst


@dataclass(frozen=True, slots=True)
class Disk:
    """Args:
    folder: where to put a database.
    device: e.g. loop0; None where only a process's own account is known.
    """

    folder: Path
    device: str | None

    def written_bytes(self, pid: int) -> int:
        """Bytes that reached the device; without one, what `pid` has caused to be written."""
        if self.device is None:
            lines = Path(f"/proc/{pid}/io").read_text().splitlines()
            return next(int(x.split()[1]) for x in lines if x.startswith("write_bytes"))
        os.sync()
        stat = Path(f"/sys/block/{self.device}/stat").read_text().split()
        return int(stat[_SECTORS_WRITTEN]) * SECTOR_BYTES


@contextmanager
def disk(folder: Path, name: str) -> Iterator[Disk]:
    """An ext4 of its own behind a loop device, or a plain folder for those who are not root."""
    place, image = folder / name, folder / f"{name}.img"
    place.mkdir()
    if not _mount(image, place):
        yield Disk(place, None)
        return
    try:
        listed = _run("losetup", "--noheadings", "--output", "NAME", "--associated", str(image))
        yield Disk(place, Path(listed.strip()).name)
    finally:
        _run("umount", "--lazy", str(place))


def _mount(image: Path, place: Path) -> bool:
    if os.geteuid() != 0 or not all(shutil.which(p) for p in ("mkfs.ext4", "losetup", "mount")):
        return False
    with image.open("wb") as file:
        file.truncate(SIZE_MB * 1024 * 1024)
    now = "lazy_itable_init=0,lazy_journal_init=0"  # nothing is written behind our back later
    _run("mkfs.ext4", "-q", "-E", now, str(image))
    try:
        _run("mount", "-o", "loop", str(image), str(place))
    except subprocess.CalledProcessError:  # e.g. in a container
        return False
    return True


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
