"""The bronze step: every new landing file of a source into its bronze table, exactly once."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from jobs import bronze
from jobs.definition import Source
from jobs.errors import BooksDoNotBalance, LakeError
from jobs.files import Store, Unreadable, open_store
from jobs.holds import unknown_columns
from jobs.lake import Lake, Step
from jobs.landing import (
    GONE,
    LandingFile,
    Staged,
    Staging,
    is_within,
    list_landing,
    stage,
    why_left_alone,
)
from jobs.ledger import ACCEPTED, HELD, INGESTED, REFUSED, FileEvent, as_event
from jobs.plan import Plan, plan
from jobs.report import UNREADABLE, FileNote
from jobs.rows import Rows
from jobs.sqltext import literals
from jobs.state import Cache, DamagedState, StateFile

# What silver is handed: the records of the latest bronze commit, marked by its batch.
BATCH = "batch"
TWICE = "its bytes are those of {other}"


def ingest(lake: Lake, source: Source) -> list[FileEvent]:
    """Takes what is new; returns the events to remember, after the commit they speak of."""
    landing = open_store(f"{lake.zones.landing}/{source.landing}")
    with lake.step("bronze", source.bronze) as step:
        files, unreadable = _listed(lake, source, landing)
        known = lake.files.of(source.name)
        if lake.settings.rebuild:
            _refuse_to_lose(lake, source, known, unreadable)
        found = plan(
            source.name, files, known, landing, rebuild=lake.settings.rebuild,
            unreadable=unreadable,
        )  # fmt: skip
        lake.notes.extend(found.notes)
        if not found.take:
            return found.events
        return found.events + _take(lake, source, found, landing, step)


def recovered(lake: Lake, source: Source) -> list[FileEvent]:
    """The events of a bronze commit that a killed run did not live to remember."""
    commit = lake.storage.head(lake.bronze_path(source))
    batch = commit.note.get("batch", 0) if commit else 0
    known = max((event.batch for event in lake.files.of(source.name).values()), default=0)
    anew = lake.settings.rebuild and "bronze" in lake.settings.layers
    try:
        # Of what is set aside, nothing is known: each landing file is a new one.
        numbers = () if lake.files.lost else range(known + 1, batch + 1)
        return [event for n in numbers for event in _told(lake, source, n)]
    except DamagedState as error:
        if not anew:
            raise
        lost = f"it {error.problem}; the rebuild took every landing file that is not on hold"
        lake.notes.append(FileNote(source.name, _manifest(source, batch), "reported", lost))
        return []


def _told(lake: Lake, source: Source, batch: int) -> list[FileEvent]:
    """The events of one bronze commit, from its manifest. Raises DamagedState."""
    file = StateFile(lake.zones.lake, _manifest(source, batch))
    body = file.read()
    if body is None:
        raise file.damaged(f"is gone, but files.json does not know the files of batch {batch}")
    try:
        return [as_event(given) for given in body["events"]]
    except (TypeError, KeyError, AttributeError):
        raise file.damaged("is JSON of another shape than this program writes") from None


def _listed(
    lake: Lake, source: Source, landing: Store
) -> tuple[list[LandingFile], Collection[str]]:
    """The landing files, and what cannot be read."""
    unreadable: Unreadable = {}
    files, others = list_landing(landing, unreadable)
    lake.notes.extend(
        FileNote(source.name, path, "ignored", why_left_alone(path)) for path in others
    )
    lake.notes.extend(
        FileNote(source.name, path, UNREADABLE, why) for path, why in unreadable.items()
    )
    return files, unreadable


def _refuse_to_lose(
    lake: Lake, source: Source, known: Mapping[str, FileEvent], unreadable: Collection[str]
) -> None:
    """Raises LakeError where a rebuild would be without the rows of files that cannot be read."""
    lost = [p for p, event in known.items() if event.in_bronze and is_within(p, unreadable)]
    if lost:
        more = f" and {len(lost) - 1:,} more files of {source.name}" if lost[1:] else ""
        at = f"{lake.zones.landing}/{source.landing}/{sorted(lost)[0]}"
        raise LakeError(
            f"{at}{more} cannot be read, and a rebuild would be without their rows: let this user "
            "read them, or take them away, and run it again."
        )


def _manifest(source: Source, batch: int) -> str:
    return f"batches/{source.name}-{batch:08d}.json"


def _take(lake: Lake, source: Source, found: Plan, landing: Store, step: Step) -> list[FileEvent]:
    lake.storage.warm_up()
    with _staging(lake) as folder:
        staging = stage(source, found.take, landing, folder)
        known = lake.files.of(source.name)
        trusted = [file for file in staging.files if not file.problem]
        anew = lake.settings.rebuild
        # A rebuild looks at every file again, so that a twin is one of those taken now.
        good, held = _without_twins(source, trusted, known, among={} if anew else known)
        # Nor does it keep earlier records of a file that is refused by now.
        there = {} if anew and good else known
        refused = [_refused(source, f, there.get(f.path)) for f in staging.files if f.problem]
        events = refused + held
        lake.notes.extend(FileNote(source.name, e.path, e.status, e.reason) for e in events)
        if good:
            lake.notes.extend(_worth_a_look(source, good, known))
            with _shared(lake, source, staging) as shared:
                events = _commit(lake, source, found, good, shared, step) + events
        return events


def _refused(source: Source, file: Staged, was: FileEvent | None) -> FileEvent:
    """A refused file; the records that bronze holds of its earlier bytes stay there."""
    event = _event(source, file, REFUSED, file.problem)
    if not file.checksum:
        # It could not be opened, which its time and size do not tell: it is tried again.
        event = replace(event, modified="")
    if was is None or not was.in_bronze:
        return event
    return replace(event, records=was.records, batch=was.batch, header=was.header)


def _worth_a_look(
    source: Source, good: Sequence[Staged], known: Mapping[str, FileEvent]
) -> Iterator[FileNote]:
    """What is taken, but may surprise: columns that no contract names, bytes landed twice."""
    by_checksum = {e.checksum: path for path, e in known.items() if e.in_bronze}
    for file in good:
        new = unknown_columns(source, file.header)
        if new:
            reason = f"it has columns that the contract does not name: {', '.join(new)}"
            yield FileNote(source.name, file.path, "reported", reason)
        other = by_checksum.setdefault(file.checksum, file.path)
        if other != file.path:
            yield FileNote(source.name, file.path, "reported", TWICE.format(other=other))


def _without_twins(
    source: Source, files: Sequence[Staged], known: Mapping[str, FileEvent],
    among: Mapping[str, FileEvent],
) -> tuple[list[Staged], list[FileEvent]]:  # fmt: skip
    """Sets aside files whose bytes are those of another, here or ``among`` those in the lake,
    where no key would tell."""
    if source.key or source.distinct:
        return list(files), []
    by_checksum = {e.checksum: path for path, e in among.items() if e.in_bronze}
    good, held = [], []
    for file in files:
        was = known.get(file.path)
        other = by_checksum.setdefault(file.checksum, file.path)
        if other == file.path or (was and was.status == ACCEPTED):
            good.append(file)
        else:
            reason = (
                TWICE.format(other=other) + " and its lines have no key to tell them apart; "
                "`lake accept` takes it as new lines"
            )
            held.append(_event(source, file, HELD, reason))
    return good, held


def _event(source: Source, file: Staged, status: str, reason: str = "") -> FileEvent:
    return FileEvent(
        source=source.name, path=file.path, checksum=file.checksum, size=file.size,
        modified=file.modified, status=status, reason=reason, records=file.records,
        header=file.header,
    )  # fmt: skip


def _commit(
    lake: Lake,
    source: Source,
    found: Plan,
    good: Sequence[Staged],
    staging: Staging[str],
    step: Step,
) -> list[FileEvent]:
    path = lake.bronze_path(source)
    last = lake.storage.head(path)
    note = dict(last.note) if last else {}
    batch = note.get("batch", 0) + 1
    known = lake.files.of(source.name)
    events = [
        replace(_event(source, file, _status(file, known)), batch=batch, run_id=lake.run_id)
        for file in good
    ]
    spark = lake.storage.spark
    frame = bronze.parsed(spark, source, staging, good, batch, lake.run_id)
    landed = sum(file.records for file in good)
    if landed <= lake.limits.in_memory and lake.settings.spark.in_process:
        frame = lake.storage.keep(frame)
        lake.hand_over(BATCH, source, batch, frame)
    anew = last is None or lake.settings.rebuild
    # A file whose new bytes are refused keeps its old records.
    old = found.replace & {file.path for file in good}
    replaced = bool(old) or (anew and last is not None)
    if anew:
        events += _forgotten(known, {file.path for file in good})
    note = {"run": lake.run_id, "batch": batch,
            "generation": note.get("generation", 0) + replaced}  # fmt: skip
    manifest = Cache(lake.zones.lake, _manifest(source, batch))
    manifest.read()  # a killed run may have left one whose commit it did not make
    manifest.write({"events": [asdict(event) for event in events]})
    if anew:
        commit = lake.storage.overwrite(frame, path, note)
    elif old:
        gone = Rows(
            f"source_file IN ({literals(sorted(old))})",
            may_hold=lambda file: file.may_hold("source_file", min(old), max(old)),
        )
        commit = lake.storage.replace(frame, path, note, gone, new_columns=True)
    else:
        commit = lake.storage.append(frame, path, note, new_columns=True)
    written = commit.added
    if written != landed:
        raise BooksDoNotBalance(
            f"{source.bronze}: {landed} records were counted in the landing files, but {written} "
            f"rows were written in version {commit.version}."
        )
    step.rows_in, step.rows_out, step.commit = landed, written, commit
    return events


def _forgotten(known: Mapping[str, FileEvent], taken: set[str]) -> list[FileEvent]:
    """The files whose records a rebuild leaves out: gone, held or refused by now. They are
    taken again when they come back, are accepted or change."""
    left = [e for path, e in known.items() if e.in_bronze and path not in taken]
    return [
        replace(event, records=0, batch=0)
        if event.status == HELD
        else replace(event, records=0, batch=0, status=REFUSED, reason=GONE, modified="")
        for event in left
    ]


def _status(file: Staged, known: Mapping[str, FileEvent]) -> str:
    was = known.get(file.path)
    accepted = was is not None and was.status == ACCEPTED and was.checksum == file.checksum
    return ACCEPTED if accepted else INGESTED


@contextmanager
def _staging(lake: Lake) -> Iterator[Path]:
    """A folder of this machine for staged text, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=_staging_name(lake)))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(lake: Lake) -> None:
    """Removes what killed runs of this lake left staged on this machine."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_staging_name(lake)}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _staging_name(lake: Lake) -> str:
    return f"lake-staging-{hashlib.sha256(lake.zones.lake.encode()).hexdigest()[:16]}-"


@contextmanager
def _shared(lake: Lake, source: Source, staging: Staging[Path]) -> Iterator[Staging[str]]:
    """What is staged, where Spark's workers find it: here, or in the lake where they are
    elsewhere."""
    if lake.settings.spark.in_process:
        yield staging.moved(Path.as_uri)
        return
    store, folder = open_store(lake.zones.lake), f"staging/{source.name}/"

    def upload(path: Path) -> str:
        store.upload(path, folder + path.name)
        return store.uri(folder + path.name)

    store.delete_prefix(folder)  # what a killed run may have left
    try:
        yield staging.moved(upload)
    finally:
        store.delete_prefix(folder)
