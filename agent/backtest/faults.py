"""What is wrong with a scenario or its files."""

from collections.abc import Sequence

from agent.config.faults import Fault


class BadScenario(Exception):
    """The scenario cannot be run; str() is what people see, one fault per line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda each: (each.file, each.line or 0)))
        super().__init__("\n".join(map(str, self.faults)))


def fault(file: object, line: int | None, what: str, wrong: str, remedy: str) -> Fault:
    return Fault(file=str(file), line=line, setting=what, value=None, wrong=wrong, remedy=remedy)
