"""The commands of hearth; each lives in agent.cli and is imported when it is asked for."""

import argparse
import os
import sys
from collections.abc import Sequence

from agent.cli.options import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run one command; returns the exit code.

    0 = done; 1 = the config file or what was asked is wrong; 2 = the command line or a stream is
    wrong; 3 = Hearth does not run, or the broker does not answer; 78 = `run` with a config file
    that is wrong, by which systemd knows that starting again is no use.
    """
    options = parser().parse_args(arguments)
    if options.command == "run":
        from agent.cli.run import run

        return run(options.config, options.verbose, options.simulated_time)
    try:
        code = _told(options)
        sys.stdout.flush()
    except BrokenPipeError:  # hearth ... | head: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _told(options: argparse.Namespace) -> int:
    """The commands that print something and end."""
    match options.command:
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
            return _backtest(options)
        case "record":
            return _record(options)
        case "ha-clean":
            from agent.cli.ha_clean import ha_clean

            return ha_clean(options.config)
        case _:
            return _kept(options)


def _backtest(options: argparse.Namespace) -> int:
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


def _record(options: argparse.Namespace) -> int:
    from agent.cli.record import record

    question = {
        "ask": "record",
        "tokens": options.tokens,
        "positions": options.positions,
    }
    return record(options.config, options.socket, options.out, options.duration, question)


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


if __name__ == "__main__":
    sys.exit(main())
