"""The `lake` command: finds the verb, and turns errors into one or two lines and a status."""

from __future__ import annotations

import errno
import importlib
import traceback

import click

from jobs.errors import DefinitionError
from jobs.failing import translated
from lake.options import DEBUG, shared
from lake.output import echo, exact_streams
from lake.setup import SetupError

VERBS = (
    "init", "check", "generate", "land", "run", "report", "status", "quarantine", "query",
    "export", "diff", "lineage", "notebook", "accept", "rebuild", "optimize", "doctor",
    "up", "down", "logs", "stop", "allow-ip", "ssh", "tunnel", "cost", "destroy",
)  # fmt: skip
INTERRUPTED = 130


class Lake(click.Group):
    """The verbs, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order a user meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name."""
        if cmd_name not in VERBS:
            return None
        return importlib.import_module(f"lake.verbs.{cmd_name.replace('-', '_')}").verb

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the arguments name; says which there are if they name none."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            ctx.fail(f"There is no verb {args[0]!r}: there are {', '.join(VERBS)}.")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> None:
        """Runs the verb; an error ends in a message on stderr and its exit status."""
        try:
            super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            echo("\nStopped. Nothing is half done: the same command goes on from here.", err=True)
            ctx.exit(INTERRUPTED)
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            ctx.exit(tell(error, ctx.meta.get(DEBUG, False)))


def tell(error: Exception, debug: bool = False) -> int:
    """Says on stderr what went wrong; the exit status."""
    if debug:
        echo("".join(traceback.format_exception(error)), err=True, nl=False)
    else:
        echo(f"Error: {error if isinstance(error, SetupError) else translated(error)}", err=True)
    if isinstance(error, SetupError):
        return DefinitionError.exit_status
    return translated(error).exit_status


@click.group(
    cls=Lake, params=shared(with_environment=True), context_settings={"max_content_width": 100}
)
@click.version_option(package_name="medallion-lake", message="%(version)s")
@click.pass_context
def cli(ctx: click.Context, /, **given: object) -> None:
    """CSV files in, trusted Delta tables out.

    Example: lake generate && lake run

    \b
    Exit statuses:
      0  all good
      1  failed
      2  wrong usage, setting or lake definition; nothing was done
      3  done, but a landing file was refused, is held or cannot be read
      4  another run holds the lake
      5  stopped for a passing cause: the same command may succeed later
      6  the lake's own files are damaged, or another program changed them
    """
    ctx.obj = given


def main() -> None:
    """What the command `lake` calls."""
    exact_streams()
    cli(prog_name="lake")


if __name__ == "__main__":
    main()
