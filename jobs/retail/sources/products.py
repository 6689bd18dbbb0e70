"""One row per product: its names, its place in the assortment and its list price."""

from jobs.definition import Source, boolean, money, text, timestamp

products = Source(
    bronze="dim_products",
    surrogate_key="product_key",
    key="product_id",
    latest_by="updated_at",
    columns={
        "product_id": text(required=True),
        "product_name": text(required=True),
        "category": text(required=True),
        "subcategory": text(),
        "brand": text(),
        "list_price": money(symbols="$", thousands=",", required=True),
        "cost": money(symbols="$", thousands=","),
        "active": boolean(),
        "updated_at": timestamp(required=True),
    },
    checks={
        "list price is positive": "list_price > 0",
        "cost is not above the list price": "cost <= list_price",
    },
    max_bad_share=0.2,
)
