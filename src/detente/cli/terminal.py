"""What every command shares: where text goes, how JSON goes out, how a failure is told and coded."""

import json
import os
import sys
import traceback
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperCommand, TyperGroup

from detente.cli.folding import folded
from detente.errors import DetenteError, DocumentError

__all__ = [
    "BAD_INPUT",
    "DONE",
    "INTERRUPTED",
    "ArgumentError",
    "Command",
    "Commands",
    "Interruption",
    "Json",
    "emit_json",
    "errors",
    "group",
    "output",
]

DONE, INTERNAL, BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141
"""Exit codes; the last two are 128 plus the number of the signal that means the same."""

_DEBUG = "detente.debug"
_JSON = "detente.json"
_PATHS = {"DIR": "directory", "FILE": "file"}
"""what stands for a path in the help of an option"""
_CALLED_OTHERWISE = {"halt_level": "halt"}
"""arguments of Python whose option has a shorter name"""


class ArgumentError(DetenteError):
    """An argument of the command line that cannot be used."""


class Interruption(KeyboardInterrupt):
    """Ctrl-C before there was a result to report; the text says how far it got and what is kept."""


def _remember_json(context: typer.Context, value: bool) -> bool:
    context.meta[_JSON] = value
    return value


def remember_debug(context: typer.Context, value: bool) -> bool:
    context.meta[_DEBUG] = value
    return value


Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.", callback=_remember_json)
]


class _Output(Console):
    def print(self, *objects: Any, **options: Any) -> None:
        """Print as a console does, but break a sentence only between words, not within a number and its unit."""
        if len(objects) == 1 and isinstance(objects[0], str) and not options.get("soft_wrap"):
            lines = objects[0].split("\n")
            told = "\n".join(part for line in lines for part in folded(line, self.width))
            super().print(told, **options | {"soft_wrap": True})
        else:
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """Leave a reader that left to `Commands`, which has one exit code for it; rich would choose another."""
        raise BrokenPipeError


def output() -> Console:
    """Return the console for results. Without a terminal it writes plain text."""
    return _Output(highlight=False, markup=False, emoji=False, width=_width())


def _width() -> int | None:
    """Return a width where the environment says there is none: what has no width shows nothing."""
    return 80 if os.environ.get("COLUMNS", "").strip() == "0" else None


def errors() -> Console:
    """Return the console for everything that is not a result."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def emit_json(document: object) -> None:
    """Print a document; NaN and infinity are mistakes here, since JSON has no word for them."""
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


class Command(TyperCommand):
    """A command that refuses what would be misread unseen.

    That is a second portfolio where it takes one, of which the last would win, and an empty path, which Python takes for
    the current directory.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        typed = list(args)  # what reads the arguments uses them up
        try:
            rest = super().parse_args(ctx, args)
        except typer.BadParameter:
            values, _, given = self.make_parser(ctx).parse_args(args=typed)
            for option in given:
                _require_within(option, values.get(option.name))
            raise
        values, _, given = self.make_parser(ctx).parse_args(args=typed)
        for option in given:
            if option.metavar in _PATHS and values.get(option.name) == "":
                kind = _PATHS[option.metavar]
                raise ArgumentError(f"{option.opts[0]}: found an empty text, expected the path of a {kind}")
        once = [
            option
            for option in given
            if option.name == "portfolio" and not getattr(option, "multiple", False)
        ]
        if len(once) > 1:
            raise ArgumentError(
                f"--portfolio: found {len(once)}, expected one: repeat the command for each, "
                "or use `detente compare`, which takes several"
            )
        return rest


def _require_within(option: Any, text: object) -> None:
    """Refuse a number beyond the bounds of its option, in the words of this house."""
    least, most = getattr(option, "min", None), getattr(option, "max", None)
    try:
        number = float(str(text))
    except ValueError:  # it is no number: that is for typer to say
        return
    if (least is None or number >= least) and (most is None or number <= most):
        return
    bounds = (
        f"at least {least}" if most is None else f"at most {most}" if least is None else f"{least} to {most}"
    )
    raise ArgumentError(f"{option.opts[0]}: found {text}, expected {bounds}")


class Commands(TyperGroup):
    """The commands, with one place that turns every failure into words and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _silence_stdout()
            raise typer.Exit(PIPE_CLOSED) from None
        except DetenteError as error:
            _tell(ctx, error)
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt as stop:
            _tell_interrupted(ctx, str(stop) if isinstance(stop, Interruption) else "interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:  # files are checked where they are opened: what is left is the output itself
            _silence_stdout()
            errors().print(
                f"detente: the output cannot be written: {error.strerror or error}", soft_wrap=True
            )
            raise typer.Exit(INTERNAL) from None
        except Exception as error:
            # Typer's own ways out: asking for help, a usage error, a chosen exit code.
            if type(error).__module__.startswith(("typer", "click")):
                raise
            _tell_internal(ctx, error)
            raise typer.Exit(INTERNAL) from None
        return result


def group(what: str) -> typer.Typer:
    """Return an empty group of commands; `what` is its help."""
    return typer.Typer(
        cls=Commands,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        help=what,
    )


def _tell(ctx: Any, error: DetenteError) -> None:
    told = str(error) if isinstance(error, DocumentError) else _as_typed(ctx, str(error))
    if ctx.meta.get(_JSON):
        problems = [problem_as_dict(problem) for problem in getattr(error, "problems", ())]
        emit_json({"error": told, "problems": problems})
        sys.stdout.flush()
    console = errors()
    if isinstance(error, DocumentError):
        for problem in error.problems:
            console.print(f"{problem}", soft_wrap=True)
    else:
        console.print(f"detente: {told}", soft_wrap=True)


def _tell_interrupted(ctx: Any, told: str) -> None:
    if ctx.meta.get(_JSON):
        emit_json({"error": told, "problems": []})
        sys.stdout.flush()
    errors().print(told, soft_wrap=True)


def _as_typed(ctx: Any, message: str) -> str:
    """Return a message that begins with an argument of Python with the option that stands for it instead."""
    name, colon, rest = message.partition(":")
    name = _CALLED_OTHERWISE.get(name, name)
    command = ctx.command.get_command(ctx, ctx.invoked_subcommand or "")
    for param in getattr(command, "params", ()):
        if param.name == name and param.opts[0].startswith("--"):
            return f"{param.opts[0]}{colon}{rest}"
    return message


def _tell_internal(ctx: Any, error: Exception) -> None:
    message = f"internal error: {type(error).__name__}: {error}"
    if ctx.meta.get(_JSON):
        emit_json({"error": message, "problems": []})
        sys.stdout.flush()
    if ctx.meta.get(_DEBUG) or os.environ.get("DETENTE_DEBUG"):
        sys.stderr.write("".join(traceback.format_exception(error)))
    errors().print(
        f"detente: {message}\n"
        "This is a mistake in detente, not in your input. For a report that helps to mend it, repeat the command "
        "as `detente --debug ...` and send its output together with that of `detente --version`."
    )


def problem_as_dict(problem: Any) -> dict[str, Any]:
    """Return one problem of a document as plain data."""
    return {name: getattr(problem, name) for name in ("file", "line", "column", "path", "found", "expected")}


def _silence_stdout() -> None:
    """Point standard output at nothing, so that flushing it at exit does not fail again."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- lives as long as we do
