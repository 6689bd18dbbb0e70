"""The layers of a run, each after the one before: one bad thing stops one thing.

What fails keeps back what depends on it, from layer to layer, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.failing import concerns_the_run, sentence, translated
from jobs.gold import summarise
from jobs.ingest import ingest, recovered, sweep
from jobs.lake import Lake
from jobs.report import Event, Failure
from jobs.side_by_side import Outcome, side_by_side, spread
from jobs.silver import refine


@dataclass
class Layers:
    """The steps of a run, and what failed of them.

    Attributes:
        failed: {(layer, table): the error that its step ended in}.
        kept_back: {(layer, table): the steps that keep it back}.
    """

    lake: Lake
    failed: dict[tuple[str, str], Exception] = field(default_factory=dict)
    kept_back: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)

    def work(self) -> None:
        """Makes every step of the layers that are asked for. Raises what concerns all of them."""
        lake, definition = self.lake, self.lake.definition
        sources, marts = definition.sources, definition.marts
        sweep(lake)
        lake.files.save()
        self._recover()
        if "bronze" in lake.settings.layers:
            self._bronze()
        causes = {name: self._failed_of("bronze", sources[name].bronze) for name in sources}
        behind = spread(definition.source_needs, causes)
        if "silver" in lake.settings.layers:
            tables = {name: source.silver for name, source in sources.items()}
            self._layer("silver", definition.source_needs, tables, behind,
                        lambda name: refine(lake, sources[name]))  # fmt: skip
            causes = {n: causes[n] | self._failed_of("silver", tables[n]) for n in sources}
            behind = spread(definition.source_needs, causes)
        if "gold" in lake.settings.layers:
            # Marts may read what is known of the landing files.
            lake.files.publish()
            found = {name: self._behind(marts[name].reads, behind) for name in marts}
            self._layer("gold", definition.mart_needs, {name: name for name in marts},
                        spread(definition.mart_needs, found),
                        lambda name: summarise(lake, marts[name]))  # fmt: skip

    def failures(self) -> tuple[Failure, ...]:
        """What failed, the worst last."""
        found = []
        for (layer, table), error in self.failed.items():
            because = [of for of, causes in self.kept_back.items() if (layer, table) in causes]
            kept_back = tuple(f"{layer}.{table}" for layer, table in because)
            status = translated(error).exit_status
            found.append(Failure(layer, table, sentence(error), status, kept_back, error))
        return tuple(sorted(found, key=lambda failure: failure.severity, reverse=True))

    def add(self, layer: str, table: str, error: Exception) -> None:
        """Counts a table as failed outside of its step. Raises what concerns the whole run."""
        if self._concerns_all(error):
            raise error
        self.failed[layer, table] = error
        self.lake.on_event(Event(layer, table, "failed", sentence(error)))

    def _recover(self) -> None:
        """Remembers what killed runs did not live to remember, source by source."""
        for source in self.lake.definition.sources.values():
            try:
                events = recovered(self.lake, source)
            except Exception as error:
                self.add("bronze", source.bronze, error)
            else:
                self.lake.files.add(events, self.lake.run_id)

    def _bronze(self) -> None:
        lake, sources = self.lake, self.lake.definition.sources

        def take(name: str) -> None:
            # After the commit that they speak of, whatever becomes of the other sources.
            lake.files.add(ingest(lake, sources[name]), lake.run_id)

        tables = {name: source.bronze for name, source in sources.items()}
        without = {name: self._failed_of("bronze", table) for name, table in tables.items()}
        self._layer("bronze", dict.fromkeys(sources, ()), tables, without, take)
        lake.files.save()

    def _layer(
        self, layer: str, needs: Mapping[str, Collection[str]], tables: Mapping[str, str],
        behind: Mapping[str, set[tuple[str, str]]], work: Callable[[str], Any],
    ) -> None:  # fmt: skip
        """Makes one layer's steps. behind: {name: the failed steps that keep it back}."""
        without = {name for name, causes in behind.items() if causes}
        outcome: Outcome[Any] = side_by_side(
            needs, work, without=without, concerns_all=self._concerns_all
        )
        for name, error in outcome.failed.items():
            self.failed[layer, tables[name]] = error
        own = {name: self._failed_of(layer, tables[name]) for name in tables}
        causes = spread(needs, {name: behind.get(name, set()) | own[name] for name in tables})
        for name in outcome.kept_back:
            if (layer, tables[name]) not in self.failed:
                self.kept_back[layer, tables[name]] = causes[name]

    def _failed_of(self, layer: str, table: str) -> set[tuple[str, str]]:
        return {(layer, table)} & self.failed.keys()

    def _behind(
        self, reads: Iterable[str], behind: Mapping[str, set[tuple[str, str]]]
    ) -> set[tuple[str, str]]:
        """The failed steps because of which tables are not what a mart is to read."""
        found: set[tuple[str, str]] = set()
        for table in reads:
            source = self.lake.definition.silver_source(table)
            if source:
                found |= behind[source.name]
            elif table == "quarantine":
                # A publish that failed may have left rows there that it did not live to settle.
                found |= {of for of in self.failed if of[0] == "silver"}
        return found

    def _concerns_all(self, error: BaseException) -> bool:
        # A session that cannot be opened is none for any table.
        return concerns_the_run(error) or error is self.lake.storage.not_opened
