"""python-openstackclient in a process of its own: one start for hundreds of commands."""

import contextlib
import io
import json
import logging
import multiprocessing
import shlex
import time

from cliff import display
from openstackclient import shell

import patch

PATIENCE_S = 300
POLL_S = 0.3
SOMETHING = "something"


class Client:
    """The client as somebody of a cloud's clouds.yaml. It keeps what it made for its first user for
    the whole process, hence a process for each."""

    def __init__(self, cloud):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(cloud, theirs), daemon=True)
        self.process.start()

    def run(self, command, until):
        """What a command says, asked again until its answer holds this."""
        end = time.monotonic() + PATIENCE_S
        while True:
            self.pipe.send(command)
            seen = self.pipe.recv()
            if reached(seen, until):
                return seen
            if time.monotonic() > end:
                return seen | {"in_vain": until}
            time.sleep(POLL_S)


def serve(cloud, pipe):
    """Runs commands as they come."""
    patch.no_long_sleeps()
    commands = Commands(cloud)
    with contextlib.suppress(EOFError):
        while True:
            pipe.send(commands.run(pipe.recv()))


class Commands:
    """The client's own program."""

    def __init__(self, cloud):
        self.app = shell.OpenStackShell()
        self.app.interactive_mode = True
        self.app.options, _ = self.app.parser.parse_known_args(["--os-cloud", cloud])
        self.app.configure_logging()
        self.app.initialize_app([])

    def run(self, command):
        """What one command says: its exit code, what it printed and what it complained of."""
        argv = shlex.split(command)
        shows = self.shows_data(argv)
        out, log = io.StringIO(), Complaints()
        self.app.stdout = out
        logging.getLogger().addHandler(log)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                code = self.app.run_subcommand(argv + (["-f", "json"] if shows else []))
        except SystemExit as stop:  # argparse
            code = stop.code
        finally:
            logging.getLogger().removeHandler(log)
        return {"code": code or 0, "output": read(out.getvalue(), shows), "error": log.lines}

    def shows_data(self, argv):
        factory, _, _ = self.app.command_manager.find_command(argv)
        return isinstance(factory, type) and issubclass(factory, display.DisplayCommandBase)


class Complaints(logging.Handler):
    """The errors that the client tells its user."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        self.lines.extend(record.getMessage().splitlines())


def reached(seen, until):
    output = seen["output"]
    for field, wanted in until.items():
        if field == "code":
            found = seen["code"]
        elif field == "count":
            found = len(output)
        else:
            found = output.get(field) if isinstance(output, dict) else None
        if found is None if wanted == SOMETHING else found != wanted:
            return False
    return True


def read(text, shows):
    """What was printed; where data are meant, what comes before them is progress."""
    lines = [line for line in text.replace("\r", "\n").splitlines() if line.strip()]
    if shows:
        starts = (at for at, line in enumerate(lines) if line[0] in "[{")
        with contextlib.suppress(ValueError):
            return json.loads("\n".join(lines[next(starts, len(lines)):]))
    return "\n".join(line for line in lines if not line.startswith("Progress"))
