"""`lake run`: landing to bronze to silver to gold."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from jobs.errors import DefinitionError, LakeBusy, LakeError
from lake.options import DEBUG, Place, Verb
from lake.output import echo

if TYPE_CHECKING:
    from datetime import datetime

    from lake.box.state import RunState

MASTER = "local[*]"
# What a shell says of a command that Ctrl-C ended.
INTERRUPTED = 130
SPARK_OPTIONS = (
    click.option("--master", default=MASTER, show_default=True, help="The Spark master."),
    click.option(
        "--memory", default="", help="The Spark driver's heap.  [default: what fits this machine]"
    ),
    click.option("--conf", multiple=True, metavar="KEY=VALUE", help="A Spark setting; repeatable."),
)


def spark_options(function: Any) -> Any:
    """The options of a verb that starts Spark."""
    for option in reversed(SPARK_OPTIONS):
        function = option(function)
    return function


@click.command("run", cls=Verb, short_help="Bring what has landed into bronze, silver and gold.")
@click.option(
    "--layer", "layers", multiple=True, type=click.Choice(["bronze", "silver", "gold"]),
    help="This layer alone; repeatable.  [default: all three]",
)  # fmt: skip
@click.option("--rebuild", is_flag=True, help="Every table anew from the landing files.")
@click.option(
    "--from",
    "period_from",
    default="",
    metavar="DATE",
    help="Recompute the gold periods that begin here…",
)
@click.option(
    "--to", "period_to", default="", metavar="DATE", help="…or later, up to here, inclusive."
)
@click.option("--json", "for_scripts", is_flag=True, help="The report as JSON, and nothing else.")
@click.option("--no-wait", is_flag=True, help="On AWS: print the run's id and end.")
@spark_options
@click.pass_obj
def verb(place: Place, for_scripts: bool, no_wait: bool, **options: Any) -> None:
    """Bring what has landed into bronze, silver and gold.

    What was done before is not done again: a run costs what is new. It ends with the books of
    every source, and with exit status 3 if a landing file was refused, is held or cannot be read. A
    source or mart that fails keeps back what depends on it, and nothing else: the last lines name
    it, and the exit status is that of the worst failure.

    With --aws the box does it, and is turned on where it is off. The run is followed by its id to
    its end, with the exit status that it would have here; Ctrl-C ends the following alone. A run
    that was left over when the box went off goes on first; with --no-wait the box is turned on for
    it, and the exit status is 4.

    \b
    Example:
      lake run
      lake run --aws
      lake run --layer gold --from 2024-01-01 --to 2024-03-31
    """
    click.get_current_context().exit(start(place, for_scripts, no_wait=no_wait, **options))


def start(place: Place, for_scripts: bool, *, no_wait: bool = False, **options: Any) -> int:
    """Runs here or on AWS, wherever the lake is, and shows it; the exit status."""
    if place.aws is not None:
        return _start_on_aws(place, for_scripts, no_wait=no_wait, **options)
    if no_wait:
        raise DefinitionError("--no-wait is for a run on AWS: say --aws, or leave it out.")
    return _start_here(place, for_scripts, **options)


def _start_on_aws(
    place: Place, for_scripts: bool, *, layers: tuple[str, ...], rebuild: bool, period_from: str,
    period_to: str, no_wait: bool, master: str, memory: str, conf: tuple[str, ...],
) -> int:  # fmt: skip
    from jobs.settings import LAYERS
    from lake.aws.asking import new_run
    from lake.aws.box import READY
    from lake.aws.definition import deployed
    from lake.aws.follow import Following
    from lake.box.state import Asked

    if memory or conf or master != MASTER:
        raise DefinitionError(
            "The box has Spark settings of its own: on AWS, leave --master, --memory and --conf "
            "out."
        )
    box = deployed(place.lake)
    if box is not None:
        box.refuse_another(place.definition)
    if not _first_the_left_over(place, for_scripts, no_wait):
        return INTERRUPTED
    chosen = tuple(layer for layer in LAYERS if layer in layers)
    asked = Asked(chosen, rebuild, period_from, period_to)
    run_id, machine, since = new_run(place.lake, asked, _say)
    _say(f"Run {run_id}." if machine.state == READY else f"Run {run_id}. {machine.words}")
    if not no_wait:
        was_ready = machine.state == READY
        return follow_on_aws(place, run_id, for_scripts, since, was_ready)
    Following(place.lake, run_id, _say, _say).begin_now()
    echo(run_id)
    return 0


def follow_on_aws(
    place: Place, run_id: str, for_scripts: bool, since: datetime | None = None,
    was_ready: bool = False,
) -> int:  # fmt: skip
    """Shows a run on AWS to its end; the exit status.

    :param since: when this process asked for the box; None: it did not
    :param was_ready: the box was ready then
    :raises LakeError: the run failed or was stopped, with its own exit status, or waits for a box
    """
    from lake.aws.follow import verdict
    from lake.display import as_json

    state = _followed(place, run_id, for_scripts, since, was_ready)
    if state is None:
        return INTERRUPTED
    if for_scripts and state.report is not None:
        as_json(state.report)
    return verdict(state)


def _first_the_left_over(place: Place, for_scripts: bool, no_wait: bool) -> bool:
    """Has the box go on with a run that waits for it while none is on, and follows that one to its
    end, however it ends; False where Ctrl-C ended the following.

    :raises LakeBusy: there is such a run, and nobody wants to wait for it
    """
    from lake.aws.asking import wake_for_the_left_over
    from lake.aws.errors import RunEnded
    from lake.aws.follow import verdict

    woken = wake_for_the_left_over(place.lake)
    if woken is None:
        return True
    left, since = woken
    first = f"Run {left.run_id} goes on first: it was left over, and the box is being turned on."
    if no_wait:
        raise LakeBusy(f"{first} Ask again when it is over, or end it with `lake stop`.")
    _say(first)
    state = _followed(place, left.run_id, for_scripts, since)
    if state is None:
        return False
    try:
        verdict(state)
    except RunEnded as ended:
        # What was asked now has its own verdict; a run begins wherever the one before ended.
        _say(str(ended))
    return True


def _followed(
    place: Place, run_id: str, for_scripts: bool, since: datetime | None, was_ready: bool = False
) -> RunState | None:
    """A run on AWS, shown until it is over; None where Ctrl-C ended the following."""
    from lake.aws.follow import Following

    out: Callable[[str], object] = (lambda line: None) if for_scripts else echo
    goes_on = f"Run {run_id} goes on: `lake logs {run_id} --follow` shows it, `lake stop` ends it."
    try:
        return Following(place.lake, run_id, out, _say, since, was_ready).to_the_end()
    except KeyboardInterrupt:
        _say(goes_on)
        return None
    except LakeError as error:
        # AWS could not be asked any more, which is nothing to the run.
        if error.__cause__ is not None:
            _say(goes_on)
        raise


def _say(words: str) -> None:
    echo(words, err=True)


def _start_here(
    place: Place, for_scripts: bool, *, layers: tuple[str, ...], rebuild: bool, period_from: str,
    period_to: str, master: str, memory: str, conf: tuple[str, ...],
) -> int:  # fmt: skip
    from jobs.settings import LAYERS, RunSettings
    from jobs.stopping import stop_on
    from lake import facts
    from lake.display import as_json
    from lake.machine import spark_settings
    from lake.progress import watching

    settings = RunSettings(
        zones=place.zones,
        definition=place.definition,
        layers=tuple(layer for layer in LAYERS if layer in layers) or LAYERS,
        rebuild=rebuild,
        period_from=period_from,
        period_to=period_to,
        spark=spark_settings(place, master, memory, conf),
    )
    from jobs.run import run

    with watching(quiet=for_scripts) as clock, stop_on(signal.SIGTERM) as stop:
        report = run(settings, clock, stop)
    if click.get_current_context().meta.get(DEBUG):
        for failure in report.failures:
            if failure.error is not None:
                echo("".join(traceback.format_exception(failure.error)), err=True, nl=False)
    if for_scripts:
        as_json(facts.as_dict(report, clock.spans))
    else:
        facts.page(report, clock.spans, place)
    return report.exit_status
