"""One row per product category and subcategory of the back office (PX_CAT_G1V2)."""

from jobs.definition import Source, boolean, text

categories = Source(
    key="category_id",
    columns={
        "category_id": text("ID", pattern="[A-Z]{2}_[A-Z]{2}"),
        "category": text("CAT", required=True),
        "subcategory": text("SUBCAT", required=True),
        "maintenance": boolean("MAINTENANCE"),
    },
)
