"""Settings from outside the file: the environment and systemd's credentials.

HEARTH_HOUSE__FUSE_A is house.fuse_a; the credential chargers__garage__password is
chargers.garage.password. A credential wins over the environment, both win over the file.
LoadCredential=hearth:FOLDER puts hearth_ before each name; it may stand there or not.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.config.faults import Fault
from agent.config.models import Settings
from agent.config.tree import Mark, Tree, Where, dotted

PREFIX = "HEARTH_"
FOLDER_PREFIX = "hearth_"
DELIMITER = "__"
LONGEST_CREDENTIAL_BYTES = 64_000


def overlay(tree: Tree, env: Mapping[str, str]) -> None:
    """Put what stands outside the file over what stands in it."""
    _put_beneath(tree, env)
    _put_over(tree, env, "environment variable {}")
    folder = env.get("CREDENTIALS_DIRECTORY")
    if folder:
        found = dict(_credentials(Path(folder), tree))
        _put_over(tree, found, f"{folder}/{{}}", shown=_credential_name)


def _put_beneath(tree: Tree, env: Mapping[str, str]) -> None:
    """systemd's own folders serve where the file names none."""
    for variable, where, name in (
        ("STATE_DIRECTORY", ("store", "path"), "hearth.db"),
        ("RUNTIME_DIRECTORY", ("api", "socket"), "hearth.sock"),
    ):
        folder = env.get(variable, "").split(":")[0]
        if folder and tree.get(where) is None:
            _set(tree, where, f"{folder}/{name}", Mark(f"environment variable {variable}", None))


def _put_over(
    tree: Tree, given: Mapping[str, str], file: str, shown: Any = lambda variable: variable
) -> None:
    ours = {name: text for name, text in given.items() if name.upper().startswith(PREFIX)}
    if not ours:
        return  # most houses; the library that reads them takes 2 MB
    from agent.config.variables import Variables

    names = {_where(name): name for name in ours}
    for where, text in _leaves(Variables(ours, PREFIX, DELIMITER)(), ()):
        _set(tree, where, text, Mark(file.format(shown(names.get(where, dotted(where)))), None))
    for where, name in names.items():
        if len(where) > 1 and where[0] not in Settings.model_fields:
            _set(tree, where, ours[name], Mark(file.format(shown(name)), None))


def _where(variable: str) -> Where:
    return tuple(variable[len(PREFIX) :].lower().split(DELIMITER))


def _leaves(branch: Any, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(branch, dict):
        for key, value in branch.items():
            yield from _leaves(value, (*where, key))
    elif branch is not None:
        yield where, branch


def _set(tree: Tree, where: Where, text: str, mark: Mark) -> None:
    here = tree.values
    for depth, part in enumerate(where[:-1]):
        if here.get(str(part)) is None:
            here[str(part)] = {}
            tree.marks.setdefault(where[: depth + 1], mark)
        if not isinstance(here[str(part)], dict):
            return  # no group of settings, which is a fault of its own
        here = here[str(part)]
    here[str(where[-1])] = text
    tree.marks[where] = mark


def _credentials(folder: Path, tree: Tree) -> Iterator[tuple[str, str]]:
    """Names in the shape of variables; a last line break belongs to the editor, not to the text."""
    try:
        files = sorted(each for each in folder.iterdir() if DELIMITER in each.name)
        for file in files:
            with file.open("rb") as opened:
                text = opened.read(LONGEST_CREDENTIAL_BYTES).decode("utf-8")
            ours = file.name.startswith(FOLDER_PREFIX)
            name = file.name if ours else PREFIX + file.name
            yield name, text.removesuffix("\n").removesuffix("\r")
    except OSError as error:
        wrong = f"it cannot be read ({error.strerror})"
        _fault(tree, Path(error.filename), wrong, "check LoadCredential= in the service file")
    except UnicodeDecodeError:
        _fault(tree, file, "it is no text in UTF-8", "save it as UTF-8")


def _fault(tree: Tree, file: Path, wrong: str, remedy: str) -> None:
    fault = Fault(
        file=str(file), line=None, setting="the credential", value=None, wrong=wrong, remedy=remedy
    )
    tree.faults.append(fault)


def _credential_name(variable: str) -> str:
    return variable.removeprefix(PREFIX)
