"""hearth replay"""

import logging
import sys
from pathlib import Path

from agent.bridges.streams import BadLine, Fault, opened

FAULTY = 2


def replay(path: Path, *, lenient: bool) -> int:
    """Print what the stream leads to; returns 2 when a line cannot be used."""
    from agent.cli.replaying import Replay

    logging.disable(logging.CRITICAL)  # what becomes of Actions is printed
    try:
        with opened(path, lenient=lenient) as stream:
            run = Replay(stream.header)
            write = sys.stdout.buffer.write
            for entry in stream.entries():
                try:
                    for line in run.take(entry):
                        write(line)
                except BadLine as error:
                    stream.refuse(error)
            for line in run.end():
                write(line)
            sys.stdout.buffer.flush()
    except Fault as error:
        sys.stdout.buffer.flush()
        print(error, file=sys.stderr)
        return FAULTY
    except BrokenPipeError:
        sys.stderr.close()  # the reader has seen enough
        return 0
    finally:
        logging.disable(logging.NOTSET)
    if stream.skipped:
        print(f"{path}: lines left out as faulty: {stream.skipped}", file=sys.stderr)
    return 0
