"""hearth status"""

import json
import sys
import time
from pathlib import Path

from agent.cli.ask import NotRunning, ask, door_of
from agent.config import ConfigError, load

REFRESH_S = 1.0


def status(config: Path, socket_path: Path | None, as_json: bool, watch: bool) -> int:  # noqa: FBT001
    """Show the living house once, or until Ctrl-C."""
    try:
        path = socket_path or door_of(load(config))
        doc = ask(path, {"ask": "status"})
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    except NotRunning as error:
        print(error, file=sys.stderr)
        return 3
    if as_json:
        print(json.dumps(doc, indent=2))
        return 0
    from rich.console import Console
    from rich.live import Live

    from agent.cli.screen import screen

    console = Console()
    if not watch:
        console.print(screen(doc))
        return 0
    try:
        with Live(screen(doc), console=console, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH_S)
                live.update(screen(ask(path, {"ask": "status"})), refresh=True)
    except KeyboardInterrupt:
        return 0
    except NotRunning as error:
        print(error, file=sys.stderr)
        return 3
