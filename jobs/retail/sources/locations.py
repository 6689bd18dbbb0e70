"""One row per location: a store or a warehouse, and the region it belongs to."""

from jobs.definition import Source, date, text, timestamp

locations = Source(
    bronze="dim_locations",
    surrogate_key="location_key",
    key="location_id",
    latest_by="updated_at",
    columns={
        "location_id": text(required=True),
        "store_name": text(required=True),
        "store_type": text(case="lower", one_of=("flagship", "mall", "outlet", "online")),
        "city": text(),
        "region": text(required=True, one_of=("North", "South", "East", "West")),
        "country": text(),
        "opened_on": date(),
        "updated_at": timestamp(required=True),
    },
    max_bad_share=0.2,
)
