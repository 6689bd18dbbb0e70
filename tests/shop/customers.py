"""One row per customer."""

from jobs.definition import Source, text, timestamp

customers = Source(
    key="customer_id",
    latest_by="updated_at",
    columns={
        "customer_id": text(),
        "country": text(mapping={"US": "United States"}),
        "updated_at": timestamp(required=True),
    },
)
