"""Cuts the power of a disk again and again while a store writes to it.

    unshare -m --propagation private python -m tests.sim.power_cuts FOLDER CUTS SEED

The disk is an ext4 behind a loop device; a cut drops whatever was not yet sent to it (ioctl
EXT4_IOC_SHUTDOWN without flushing the log). After each cut the file system is mounted again and
the database copied to FOLDER/NUMBER. Prints one JSON line per cut: what the child had said, when
the power began to go and when it was gone. Exit code 77: no file system can be mounted here; the
reason is on stderr.

In between the kernel does not tell the truth: an fsync that is under way may succeed though its
transaction is thrown away, since one that is neither running nor committing counts as written
(jbd2_complete_transaction in Linux fs/jbd2/journal.c; a bare loop of write and fsync lost 14 of 26
such records in 150 cuts with Linux 6.18, and none of those acknowledged earlier). No disk does
that, so what was under way while the power went proves nothing.

The private mount namespace matters: any other one that was made meanwhile keeps the mount busy.
"""

import fcntl
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

IMPOSSIBLE = 77
EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32), Linux fs/ext4/ext4.h
NO_LOG_FLUSH = (2).to_bytes(4, sys.byteorder)
DISK_MB = 64
LIVES_S = (0.05, 0.6)
AFTERWARDS_S = 0.05  # for what a child may acknowledge though the power is gone


def run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{command[0]}: {done.stderr.strip() or done.returncode}")


def mount(image: Path, at: Path) -> None:
    run("mount", "-o", "loop", str(image), str(at))


def prepare(image: Path, disk: Path) -> None:
    """Make the disk and mount it, if that is possible here."""
    try:
        if os.geteuid() != 0:
            raise OSError("only root may mount")
        with image.open("wb") as file:
            file.truncate(DISK_MB * 1024 * 1024)
        disk.mkdir()
        run("mkfs.ext4", "-q", str(image))
        mount(image, disk)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(IMPOSSIBLE)


def cut(disk: Path) -> tuple[float, float]:
    """Take the power away; returns when it began to go and when it was gone."""
    handle = os.open(disk, os.O_RDONLY)
    try:
        going_mono_s = time.monotonic()
        fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH)
        return going_mono_s, time.monotonic()
    finally:
        os.close(handle)


def live_until_cut(disk: Path, first_sample: int, life_s: float) -> dict[str, str | float]:
    """Let a child write until the power goes; returns what it said, and when that was."""
    database, said = disk / "hearth.db", list[bytes]()
    command = ["-m", "tests.sim.store_child", str(database), str(first_sample)]
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        ready = child.stdout.readline()
        listener = threading.Thread(target=lambda: said.extend(child.stdout or ()))
        listener.start()
        time.sleep(life_s)
        going_mono_s, gone_mono_s = cut(disk)
        time.sleep(AFTERWARDS_S)
        child.kill()
        listener.join()
    text = (ready + b"".join(said)).decode()
    return {"said": text, "going_mono_s": going_mono_s, "gone_mono_s": gone_mono_s}


def main(folder: Path, cuts: int, seed: int) -> None:
    image, disk, dice, next_sample = folder / "disk.img", folder / "disk", random.Random(seed), 1
    prepare(image, disk)
    for number in range(cuts):
        life = live_until_cut(disk, next_sample, dice.uniform(*LIVES_S))
        run("umount", str(disk))
        mount(image, disk)
        shutil.copytree(disk, folder / str(number), ignore=shutil.ignore_patterns("lost+found"))
        sys.stdout.write(json.dumps(life) + "\n")
        next_sample += str(life["said"]).count("\nsample ")
    run("umount", str(disk))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
