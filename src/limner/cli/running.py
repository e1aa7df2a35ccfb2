"""Carries out one command line: every way it can end is one exit code and at most one sentence."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from typer import BadParameter
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from limner.cli.commands import app
from limner.cli.exits import FAILED, INTERRUPTED, OK, USAGE, code_of, described
from limner.cli.output import Output
from limner.cli.surroundings import keep_log
from limner.domain.errors import LimnerError, Problem
from limner.domain.memory import OutOfMemory


def run(arguments: Sequence[str]) -> int:
    """Carries out a command line and gives its exit code. Never raises but for SystemExit of the system itself."""
    _speak_any_language()
    output = Output(json=_wants_json(arguments))
    try:
        code = _carried_out(arguments, output)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has gone, and needs no explanation
        _forget_stdout()
        return FAILED
    except OSError as error:
        with suppress(OSError):  # it may be stdout itself that cannot be written
            _complain(output, _refusal(error))
            sys.stdout.flush()
            return FAILED
        _forget_stdout()
        return FAILED
    return code


def _carried_out(arguments: Sequence[str], output: Output) -> int:
    try:
        ended = get_command(app).main(list(arguments) or ["--help"], prog_name="limner", standalone_mode=False)
    except LimnerError as error:
        _complain(output, error.problem())
        return code_of(error)
    except TyperException as error:
        return _misused(output, error)
    except (KeyboardInterrupt, Abort):
        output.say("Stopped.")
        return INTERRUPTED
    except OSError:
        raise
    except MemoryError:
        _complain(output, OutOfMemory().problem())
        return FAILED
    except Exception as error:
        keep_log(os.environ)
        logging.getLogger("limner.cli").debug("unexpected error", exc_info=True)
        return _unexpected(output, error)
    return ended if isinstance(ended, int) else OK


def _refusal(error: OSError) -> Problem:
    """What the operating system refused, in its own words."""
    place = f" ({error.filename})" if error.filename else ""
    message = f"The system would not let Limner go on: {error.strerror or error}{place}."
    return Problem(code="system", message=message)


def _forget_stdout() -> None:
    """What is still to be written to stdout must not be tried again when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether the caller wants a document, known before the options are understood."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in before


def _complain(output: Output, problem: Problem) -> None:
    """Says what went wrong: one sentence for people, one document for programs."""
    output.say(problem.message)
    if output.json:
        output.line({"error": described(problem)})


def _misused(output: Output, error: TyperException) -> int:
    """A command line that typer does not understand."""
    message = error.format_message().strip()
    message = message if message.endswith((".", "?", "!")) else f"{message}."
    if " " in getattr(error, "option_name", ""):
        message += " Write -- before a prompt that begins with a dash."
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "limner"
    parameter = error.param if isinstance(error, BadParameter) else None
    field = parameter.name if parameter is not None else None
    _complain(output, Problem(code="usage", message=f"{message} See `{path} --help`.", field=field))
    return USAGE


def _unexpected(output: Output, error: Exception) -> int:
    """Something that nobody has foreseen; the log has the details at its lowest level."""
    message = (
        f"Limner failed unexpectedly ({type(error).__name__}). Run it again with LIMNER_LOG_LEVEL=debug to see where, "
        "and report it."
    )
    _complain(output, Problem(code="unexpected", message=message))
    return FAILED


def _speak_any_language() -> None:
    """A sign that the terminal's encoding lacks is replaced, not an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
