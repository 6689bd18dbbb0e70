"""`lake land`: upload landing files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.printable import printable
from lake.options import AwsVerb, Place
from lake.output import echo

if TYPE_CHECKING:
    from lake.aws.land import Upload


class Landing(AwsVerb):
    """Takes the definition too, for a lake without a box: it says which sources there are."""

    takes = (*AwsVerb.takes, "definition")


@click.command("land", cls=Landing, short_help="Upload landing files to AWS.")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE|FOLDER...", type=click.Path(path_type=Path)
)
@click.option("--source", required=True, metavar="SOURCE", help="Which source they are of.")
@click.pass_obj
def verb(place: Place, files: tuple[Path, ...], source: str) -> None:
    """Upload landing files, in parts, each proved by its checksum to have arrived whole.

    A folder stands for the landing files in it, which keep their paths below it. A name that has
    landed already is refused, unless its bytes are the same: then nothing is done. The sources are
    those of the definition that the box was deployed with.

    \b
    Example:
      lake land exports/2026-03-*.csv --source sales
    """
    from lake.aws.definition import landing_folder
    from lake.aws.land import plan, send

    folder = landing_folder(place.lake, place.definition, source)
    s3, bucket = place.lake.client("s3"), place.lake.find("zones/landing/bucket")
    uploads = plan(s3, bucket, folder, files)
    with _progress(uploads) as moved:
        for upload in uploads:
            if not upload.there:
                send(s3, bucket, upload, moved)
            said = "is there already" if upload.there else f"{upload.size:,} bytes"
            echo(printable(f"{upload.key}: {said}"))
    if not all(upload.there for upload in uploads):
        echo(f"Next: {place.command('run')}")


@contextmanager
def _progress(uploads: Sequence[Upload]) -> Iterator[Callable[[int], object]]:
    """A bar over all bytes, where a person watches."""
    from lake.display import console, interactive

    if not interactive():
        yield lambda count: None
        return
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TransferSpeedColumn())
    total = sum(upload.size for upload in uploads if not upload.there)
    with Progress(*columns, TimeRemainingColumn(), console=console(), transient=True) as bar:
        task = bar.add_task("landing", total=total)
        yield lambda count: bar.advance(task, count)
