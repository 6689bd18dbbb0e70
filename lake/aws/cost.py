"""What the last runs cost, and what a month of this lake comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from lake.aws.bought import ON_DEMAND, Bought, bought
from lake.aws.box import look
from lake.aws.lake import AwsLake
from lake.aws.prices import DISK, READS, WRITES, Prices, prices
from lake.aws.rates import ADDRESS, REGISTRY
from lake.aws.spot import SpotPrices
from lake.aws.usage import GB, MONTH, On, Stored, image_bytes, stored, times_on, within
from lake.box.state import Box, Runs, RunState

DAYS = MONTH.days
HOURS_A_MONTH = 730
# Deltas of a table are read a few times before they are compacted: an estimate, and said to be one.
READS_A_WRITE = 10
# The setting's first type, for a box of which nothing else is known.
USUAL_KIND = "t3.xlarge"


@dataclass(frozen=True)
class Rate:
    """US dollars an hour of a machine: as it was paid, and on demand. None: not known."""

    kind: str
    paid: float | None
    on_demand: float | None


@dataclass(frozen=True)
class RunCost:
    """What one run cost.

    :param seconds: from its beginning to its end, while a box was on
    :param rate: of the box that worked on it last
    :param usd: each box at its price of then; None where one is not known
    :param saved: against the same time on demand
    """

    run_id: str
    state: str
    seconds: float
    rate: Rate
    usd: float | None
    saved: float | None


@dataclass(frozen=True)
class Item:
    """A part of a month's bill. how: what it was reckoned from."""

    name: str
    usd: float
    how: str


@dataclass(frozen=True)
class Cost:
    """All of it. saved: a month's difference to machines on demand."""

    runs: tuple[RunCost, ...]
    stored: tuple[Stored, ...]
    month: tuple[Item, ...]
    saved: float
    prices: Prices

    @property
    def total(self) -> float:
        """The projected month, US dollars."""
        return sum(item.usd for item in self.month)


def cost(lake: AwsLake, last: int) -> Cost:
    """What the last runs cost, and a month like the last thirty days.

    :param last: how many runs
    """
    newest = Runs(lake.zones()).latest(max(last, 50))
    held, now = stored(lake), look(lake)
    spans = times_on(lake, now)
    today = datetime.now(timezone.utc)
    boxes = {run.box.instance: run.box for run in reversed(newest)}
    if now.instance:
        box = Box(now.instance, kind=now.kind, zone=now.zone, market=now.market)
        boxes.setdefault(now.instance, box)
    kinds = {box.kind for box in boxes.values() if box.kind} | {USUAL_KIND}
    rates = Rates(prices(lake, kinds), SpotPrices(lake), boxes, bought(lake))
    begun = [run for run in newest[:last] if run.started]
    box_items, saved = _box(within(spans, today - MONTH, today), rates)
    return Cost(
        tuple(rates.of_run(run, spans) for run in begun),
        tuple(held),
        (*box_items, *_rest(lake, held, rates.prices)),
        saved,
        rates.prices,
    )


@dataclass(frozen=True)
class Rates:
    """What a machine cost at a time.

    :param boxes: what is known of instances, by their ids
    :param now: how a box is bought now; one of which nothing is known counts as bought so
    """

    prices: Prices
    spot: SpotPrices
    boxes: dict[str, Box]
    now: Bought

    def at(self, instance: str, when: datetime) -> Rate:
        """The rate of an instance; one of which nothing is known counts as the usual type."""
        box = self.boxes.get(instance, Box())
        kind = box.kind or USUAL_KIND
        on_demand = self.prices.machines.get(kind)
        if (box.market or self.now.market) == ON_DEMAND:
            return Rate(kind, on_demand, on_demand)
        return Rate(kind, self.spot.at(kind, box.zone, when), on_demand)

    def of_run(self, run: RunState, spans: Sequence[On]) -> RunCost:
        """What a run cost that has begun.

        :param spans: when boxes were on; a run that waited for the next one cost nothing
        """
        start = datetime.fromisoformat(run.started)
        end = datetime.fromisoformat(run.ended) if run.ended else datetime.now(timezone.utc)
        # Where the group has forgotten its boxes, the run's own times are all that is known.
        on = within(spans, start, end) or [On(run.box.instance, start, end)]
        priced = [(part.hours, self.at(part.instance, part.start)) for part in on]
        usd = _sum((hours, rate.paid) for hours, rate in priced)
        full = _sum((hours, rate.on_demand) for hours, rate in priced)
        seconds = 3600 * sum(part.hours for part in on)
        saved = None if usd is None or full is None else full - usd
        return RunCost(run.run_id, run.state, seconds, priced[-1][1], usd, saved)


def _sum(priced: Iterable[tuple[float, float | None]]) -> float | None:
    """US dollars of hours at rates; None where a rate is not known."""
    total = 0.0
    for hours, rate in priced:
        if rate is None:
            return None
        total += hours * rate
    return total


def _box(spans: Sequence[On], rates: Rates) -> tuple[list[Item], float]:
    """The box's part of a month like the last thirty days, and what spot saves in it."""
    if not spans:
        return [Item("box", 0.0, "it was not on in the last 30 days")], 0.0
    # A lake of three days says more about a month than its 27 days before do.
    seen = datetime.now(timezone.utc) - spans[0].start
    scale = MONTH / max(seen, MONTH / DAYS)
    hours = sum(span.hours for span in spans) * scale
    paid = saved = 0.0
    for span in spans:
        rate = rates.at(span.instance, span.start)
        usd = rate.paid if rate.paid is not None else rate.on_demand or 0.0
        paid += span.hours * usd * scale
        saved += span.hours * ((rate.on_demand or usd) - usd) * scale
    gib = rates.now.disk_gib
    disk = gib * rates.prices.others[DISK] * hours / HOURS_A_MONTH
    on = f"{hours:,.1f} hours on"
    items = [
        Item("box", paid, f"{on}, {len(spans)} launches, each at its price of then"),
        Item("disk", disk, f"{gib} GiB of gp3 while it is on"),
        Item("public address", hours * ADDRESS.usd, f"${ADDRESS.usd} an hour while it is on"),
    ]
    return items, saved


def _rest(lake: AwsLake, held: Sequence[Stored], known: Prices) -> list[Item]:
    space = sum(zone.size / GB * known.storage(zone.storage_class) for zone in held)
    size = sum(zone.size for zone in held) / GB
    writes = sum(zone.written for zone in held)
    asked = writes * known.others[WRITES] + writes * READS_A_WRITE * known.others[READS]
    images = image_bytes(lake) / GB
    return [
        Item("storage", space, f"{size:,.2f} GB, every version"),
        Item(
            "requests",
            asked,
            f"an estimate: {writes:,} objects written, {READS_A_WRITE} reads each",
        ),
        Item("images", images * REGISTRY.usd, f"{images:,.2f} GB in the registry"),
    ]
