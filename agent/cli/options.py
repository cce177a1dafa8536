"""What may be typed behind `hearth`: the commands and their options."""

import argparse
from collections.abc import Callable
from pathlib import Path

from agent import __version__

DEFAULT_CONFIG = Path("/etc/hearth/hearth.yaml")

Command = Callable[[str, str], argparse.ArgumentParser]
"""Makes a command that reads the installer's file: its name, and what it does."""


def parser() -> argparse.ArgumentParser:
    """The whole command line; commands stand in the help in the order in which they are made."""
    hearth = argparse.ArgumentParser(
        prog="hearth",
        description="The home-energy agent that runs inside the house.",
        epilog="Exit codes: 0 done; 1 the config file or what was asked is wrong; 2 the command"
        " line or a stream is wrong; 3 Hearth does not run, or the broker does not answer; 78 `run`"
        " with a config file that is wrong.",
    )
    hearth.add_argument("--version", action="version", version=f"hearth {__version__}")
    commands = hearth.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def plain(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        made = plain(name, text)
        _config_option(made)
        return made

    _plan_options(
        command("plan", "Show the plan of the next day: prices, sun, cars, battery, and why.")
    )
    _run_options(command("run", "Run Hearth until it is told to stop."))
    _check_options(
        command("check", "Check the config file (every fault, line and remedy) and the database.")
    )
    _asking_commands(command)
    _replay_options(plain("replay", "Run a recorded stream through the same rules."))
    _backtest_options(command("backtest", "What a tariff, a battery, a deadline would have cost."))
    command("ha-clean", "Remove everything that Hearth left on the MQTT broker.")
    _keeping_commands(command)
    _demo_options(plain("demo", "Bring up a whole simulated house and run it."))
    return hearth


def _asking_commands(command: Command) -> None:
    """What a running Hearth is asked for or told."""
    _status_options(
        command("status", "Show the living house, and why each device does what it does.")
    )
    _why_options(
        command(
            "why", "Say what a device does and why, and which car hangs where, with the evidence."
        )
    )
    _pair_options(command("pair", "Say which car hangs on a charger, until its cable leaves."))
    _record_options(command("record", "Write down what the house sees and does, for replay."))


def _config_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-c",
        "--config",
        type=Path,
        default=DEFAULT_CONFIG,
        metavar="FILE",
        help=f"the installer's file (default {DEFAULT_CONFIG})",
    )


def _socket_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--socket", type=Path, help="the daemon's socket, if not the config's")


def _plan_options(plan: argparse.ArgumentParser) -> None:
    plan.add_argument("--json", action="store_true", help="one JSON document")
    plan.add_argument("--svg", type=Path, metavar="FILE", help="draw it into a file")
    _socket_option(plan)


def _run_options(run: argparse.ArgumentParser) -> None:
    run.add_argument("--verbose", action="store_true", help="show frames, secrets masked")
    run.add_argument(
        "--simulated-time",
        metavar="START/UNIX/SPEED",
        help="for demos: a clock that shows START at Unix time UNIX and runs SPEED times as fast",
    )


def _check_options(check: argparse.ArgumentParser) -> None:
    check.add_argument("--json", action="store_true", help="faults as a JSON list")


def _status_options(status: argparse.ArgumentParser) -> None:
    status.add_argument("--json", action="store_true", help="one JSON document")
    status.add_argument("--watch", action="store_true", help="keep showing it until Ctrl-C")
    status.add_argument(
        "--vehicle", metavar="NAME", help="how this car's source tells of it: late, rounded, silent"
    )
    _socket_option(status)


def _why_options(why: argparse.ArgumentParser) -> None:
    why.add_argument("device", metavar="DEVICE", help="id or name of a charger, a car or another")
    why.add_argument("--json", action="store_true", help="one JSON document")
    why.add_argument(
        "--at", metavar="TIME", help='of then instead of now: 07:00, or "2026-11-20 07:00"'
    )
    _socket_option(why)


def _pair_options(pair: argparse.ArgumentParser) -> None:
    pair.add_argument("charger", metavar="CHARGER")
    pair.add_argument(
        "car",
        metavar="CAR",
        help="a car; guest: nobody's of the house; not-mine: not the car that Hearth names; "
        "automatic: take back what people said, also a pin; find-out: let it charge slower for a "
        "while, to see which car follows",
    )
    pair.add_argument(
        "--always", action="store_true", help="pin: whatever is plugged in there is this car"
    )
    _socket_option(pair)


def _record_options(record: argparse.ArgumentParser) -> None:
    record.add_argument("--out", type=Path, metavar="FILE", help="packed if it ends in .gz")
    record.add_argument("--for", dest="duration", metavar="TIME", help="e.g. 90s, 10m, 2h")
    _socket_option(record)
    record.add_argument("--tokens", action="store_true", help="cards and addresses as they are")
    record.add_argument(
        "--positions",
        choices=["exact", "rounded", "none"],
        default="rounded",
        help="where the house and cars are; rounded: the house to 10 km, cars to 1 km from it",
    )
    record.add_argument(
        "--no-positions", dest="positions", action="store_const", const="none", help="none of them"
    )


def _replay_options(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("file", type=Path, metavar="FILE", help="a stream, plain or .gz")
    replay.add_argument("--lenient", action="store_true", help="leave faulty lines out")


def _backtest_options(backtest: argparse.ArgumentParser) -> None:
    backtest.add_argument(
        "scenarios",
        type=Path,
        nargs="*",
        metavar="SCENARIO.yaml",
        help="several are compared side by side",
    )
    backtest.add_argument("--json", action="store_true", help="one JSON document")
    backtest.add_argument("--trace", type=Path, metavar="OUT.csv", help="a row for every step")
    backtest.add_argument(
        "--solver",
        choices=["on", "off", "child"],
        default="on",
        help="off: plans as they are made where no solver is; child: in a process of its own for "
        "each plan, as in the living house",
    )
    backtest.add_argument("--from-history", action="store_true", help="run this house's own past")
    backtest.add_argument(
        "--tariff",
        type=Path,
        metavar="FILE",
        help="for --from-history: a CSV of prices, or YAML with prices: as in a scenario or "
        "tariff: as in the config file",
    )


def _keeping_commands(command: Command) -> None:
    backup = command("backup", "Copy the database while Hearth runs, or while it does not.")
    backup.add_argument("to", type=Path, metavar="FILE", help="a file that does not exist yet")
    export = command("export", "Print what Hearth keeps for others to check.")
    export.add_argument(
        "what",
        choices=["grid-orders", "plans", "sessions"],
        help="grid-orders: the grid operator's, and how they held; plans: of smart charging;"
        " sessions: what charging cost",
    )
    export.add_argument(
        "--month",
        type=_month,
        metavar="YYYY-MM",
        help="sessions that ended, or plans that were made, in this month; else all",
    )
    export.add_argument("--json", action="store_true", help="one JSON object a line; else CSV")
    restore = command("restore", "Put a backup in the place of the database; Hearth must not run.")
    restore.add_argument("source", type=Path, metavar="FILE", help="made by backup or an upgrade")


def _month(text: str) -> str:
    """
    Raises:
        argparse.ArgumentTypeError: it is no month.
    """
    from datetime import date

    try:
        return f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no month; write one as in 2026-11") from None


def _demo_options(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--for", dest="duration", default=None, metavar="TIME", help=(
        "how long in real time, e.g. 60s, 10m; until Ctrl-C without it"
    ))  # fmt: skip
    demo.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="house seconds per second, 1..1000; above 150 a failed action does not fail the demo",
    )
    demo.add_argument("--seed", type=int, default=1, help="another house, another day")
    demo.add_argument("--trace", type=Path, help="CSV of real load and sun to follow")
    demo.add_argument("--json", action="store_true", help="only the summary, as JSON")
    demo.add_argument("--keep", type=Path, metavar="FOLDER", help="keep config, database and logs")
