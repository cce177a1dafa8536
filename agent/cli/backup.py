"""hearth backup"""

import os
import shutil
import sys
from pathlib import Path

from agent.cli.ask import NotRunning, ask, door_of
from agent.config import ConfigError, Settings, load
from agent.store import StoreError
from agent.store.look import copy_at_rest

SUFFIX = ".copying"


def backup(config: Path, to: Path) -> int:
    """Copy the database; the daemon does it where one runs, since one process owns the file."""
    try:
        settings = load(config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    to = to.absolute()
    try:
        problem = _by_the_daemon(settings, to)
    except NotRunning:
        problem = _alone(settings, to)
    except OSError as error:
        problem = f"{to} cannot be written ({error.strerror}). Remedy: choose another folder"
    if problem is not None:
        print(problem, file=sys.stderr)
        return 1
    print(f"copied to {to}")
    return 0


def _by_the_daemon(settings: Settings, to: Path) -> str | None:
    """The service may write into its own folder alone, and sees another /tmp than people do; so
    it copies there, and whoever asked takes the copy from there.

    Raises:
        NotRunning: no daemon answers.
    """
    folder = settings.store.path.parent
    if to.parent == folder or not os.access(folder, os.W_OK | os.X_OK):
        return _asked(settings, to)
    if to.exists():
        return f"{to} exists. Remedy: name a new file for the backup"
    copied = settings.store.path.with_name(f"{settings.store.path.name}{SUFFIX}{os.getpid()}")
    try:
        return _asked(settings, copied) or _carry(copied, to)
    finally:
        copied.unlink(missing_ok=True)


def _asked(settings: Settings, to: Path) -> str | None:
    answer = ask(door_of(settings), {"ask": "backup", "to": str(to)})
    if "problem" in answer:
        return str(answer["problem"])
    if not to.exists():
        return f"{to} was written where only the service sees it. Remedy: use sudo"
    return None


def _carry(copied: Path, to: Path) -> str | None:
    try:
        out = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with copied.open("rb") as reading, os.fdopen(out, "wb") as writing:
            shutil.copyfileobj(reading, writing)
            writing.flush()
            os.fsync(writing.fileno())
    except FileExistsError:
        return f"{to} exists. Remedy: name a new file for the backup"
    except OSError:
        to.unlink(missing_ok=True)
        raise
    return None


def _alone(settings: Settings, to: Path) -> str | None:
    try:
        copy_at_rest(settings.store.path, to)
    except StoreError as error:
        return str(error)
    return None
