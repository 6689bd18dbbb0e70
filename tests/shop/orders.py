"""One row per order."""

from jobs.definition import Reference, Source, date, integer, money, text

orders = Source(
    key="order_id",
    latest_by="ordered_on",
    columns={
        "order_id": integer(),
        "ordered_on": date(required=True),
        "customer_id": text(),
        "amount": money(symbols="$", thousands=",", required=True),
    },
    references={"customer_id": Reference("customers", bring=("country",))},
    checks={"amount is positive": "amount > 0"},
)
