"""The commands of hearth; each lives in agent.cli and is imported when it is asked for."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from agent import __version__

DEFAULT_CONFIG = Path("/etc/hearth/hearth.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run one command; returns the exit code.

    0 = done; 1 = the config file or what was asked is wrong; 2 = the command line or a stream is
    wrong; 3 = Hearth does not run, or the broker does not answer; 78 = `run` with a config file
    that is wrong, by which systemd knows that starting again is no use.
    """
    options = _parser().parse_args(arguments)
    match options.command:
        case "run":
            from agent.cli.run import run

            return run(options.config, options.verbose, options.simulated_time)
        case "check":
            from agent.cli.check import check

            return check(options.config, options.json)
        case "demo":
            from agent.cli.demo import demo

            return demo(options)
        case "status" | "why" | "plan" | "pair":
            return _asked(options)
        case "replay":
            from agent.cli.replay import replay

            return replay(options.file, lenient=options.lenient)
        case "backtest":
            from agent.cli.backtest import Question, backtest

            return backtest(
                Question(
                    scenarios=options.scenarios,
                    as_json=options.json,
                    trace=options.trace,
                    solver=options.solver,
                    from_history=options.from_history,
                    tariff=options.tariff,
                    config=options.config,
                )
            )
        case "record":
            from agent.cli.record import record

            question = {
                "ask": "record",
                "tokens": options.tokens,
                "positions": options.positions,
            }
            return record(options.config, options.socket, options.out, options.duration, question)
        case "ha-clean":
            from agent.cli.ha_clean import ha_clean

            return ha_clean(options.config)
        case _:
            return _kept(options)


def _kept(options: argparse.Namespace) -> int:
    """The commands that look at the database."""
    match options.command:
        case "export":
            from agent.cli.export import export

            return export(options.config, options.what, month=options.month, in_json=options.json)
        case "restore":
            from agent.cli.restore import restore

            return restore(options.config, options.source)
        case _:
            from agent.cli.backup import backup

            return backup(options.config, options.to)


def _asked(options: argparse.Namespace) -> int:
    """The commands that ask the running daemon for an answer."""
    from agent.cli.ask import NotRunning
    from agent.config import ConfigError

    try:
        return _answered(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    except NotRunning as error:
        print(error, file=sys.stderr)
        return 3


def _answered(options: argparse.Namespace) -> int:
    match options.command:
        case "why":
            if options.at is not None:
                from agent.cli.why_then import why_then

                return why_then(options.config, options.device, options.at, as_json=options.json)
            from agent.cli.why import why

            return why(options.config, options.socket, options.device, as_json=options.json)
        case "plan":
            from agent.cli.plan import plan

            return plan(options.config, options.socket, as_json=options.json, svg=options.svg)
        case "pair":
            from agent.cli.pair import pair

            word = options.charger, options.car
            return pair(options.config, options.socket, *word, always=options.always)
        case _ if options.vehicle is not None:
            from agent.cli.reporting import reporting

            return reporting(options.config, options.socket, options.vehicle, as_json=options.json)
        case _:
            from agent.cli.status import status

            return status(options.config, options.socket, options.json, options.watch)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearth",
        description="The home-energy agent that runs inside the house.",
        epilog="Exit codes: 0 done; 1 the config file or what was asked is wrong; 2 the command"
        " line or a stream is wrong; 3 Hearth does not run, or the broker does not answer; 78 `run`"
        " with a config file that is wrong.",
    )
    parser.add_argument("--version", action="version", version=f"hearth {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str, *, config: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        if config:
            sub.add_argument(
                "-c",
                "--config",
                type=Path,
                default=DEFAULT_CONFIG,
                metavar="FILE",
                help=f"the installer's file (default {DEFAULT_CONFIG})",
            )
        return sub

    plan = command("plan", "Show the plan of the next day: prices, sun, cars, battery, and why.")
    plan.add_argument("--json", action="store_true", help="one JSON document")
    plan.add_argument("--svg", type=Path, metavar="FILE", help="draw it into a file")
    _socket_option(plan)
    run = command("run", "Run Hearth until it is told to stop.")
    run.add_argument("--verbose", action="store_true", help="show frames, secrets masked")
    run.add_argument(
        "--simulated-time",
        metavar="START/UNIX/SPEED",
        help="for demos: a clock that shows START at Unix time UNIX and runs SPEED times as fast",
    )
    check = command(
        "check", "Check the config file (every fault, line and remedy) and the database."
    )
    check.add_argument("--json", action="store_true", help="faults as a JSON list")
    status = command("status", "Show the living house, and why each device does what it does.")
    status.add_argument("--json", action="store_true", help="one JSON document")
    status.add_argument("--watch", action="store_true", help="keep showing it until Ctrl-C")
    status.add_argument(
        "--vehicle", metavar="NAME", help="how this car's source tells of it: late, rounded, silent"
    )
    _socket_option(status)
    _pairing_commands(command)
    record = command("record", "Write down what the house sees and does, for replay.")
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
    replay = command("replay", "Run a recorded stream through the same rules.", config=False)
    replay.add_argument("file", type=Path, metavar="FILE", help="a stream, plain or .gz")
    replay.add_argument("--lenient", action="store_true", help="leave faulty lines out")
    _backtest_options(command("backtest", "What a tariff, a battery, a deadline would have cost."))
    command("ha-clean", "Remove everything that Hearth left on the MQTT broker.")
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
    _demo_options(command("demo", "Bring up a whole simulated house and run it.", config=False))
    return parser


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


def _socket_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--socket", type=Path, help="the daemon's socket, if not the config's")


def _pairing_commands(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    why = command(
        "why", "Say what a device does and why, and which car hangs where, with the evidence."
    )
    why.add_argument("device", metavar="DEVICE", help="id or name of a charger, a car or another")
    why.add_argument("--json", action="store_true", help="one JSON document")
    why.add_argument(
        "--at", metavar="TIME", help='of then instead of now: 07:00, or "2026-11-20 07:00"'
    )
    _socket_option(why)
    pair = command("pair", "Say which car hangs on a charger, until its cable leaves.")
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
        help="for --from-history: a CSV of prices, or the prices of a scenario",
    )


def _demo_options(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--for", dest="duration", default=None, metavar="TIME", help=(
        "how long in real time, e.g. 60s, 10m; until Ctrl-C without it"
    ))  # fmt: skip
    demo.add_argument("--speed", type=float, default=1.0, help="house seconds per second, 1..1000")
    demo.add_argument("--seed", type=int, default=1, help="another house, another day")
    demo.add_argument("--trace", type=Path, help="CSV of real load and sun to follow")
    demo.add_argument("--json", action="store_true", help="only the summary, as JSON")
    demo.add_argument("--keep", type=Path, metavar="FOLDER", help="keep config, database and logs")


if __name__ == "__main__":
    sys.exit(main())
