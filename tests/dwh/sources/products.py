"""One row per version of a product (prd_info): a new price or name is a new version."""

from jobs.definition import Reference, Repair, Source, date, integer, money, text

products = Source(
    key="version_id",
    latest_by="starts_on",
    columns={
        "version_id": integer("prd_id"),
        "full_number": text("prd_key", required=True, pattern="[A-Z]{2}-[A-Z]{2}-.+"),
        "product_name": text("prd_nm", required=True),
        "cost": money("prd_cost"),
        "product_line": text("prd_line", mapping={
            "M": "Mountain", "R": "Road", "S": "Other sales", "T": "Touring",
        }),
        "starts_on": date(header="prd_start_dt", required=True),
        "ends_on": date(header="prd_end_dt"),
        # CO-RF-FR-R92B-58 is category CO_RF and product FR-R92B-58.
        "category_id": text(sql="replace(substring(full_number, 1, 5), '-', '_')"),
        "product_number": text(sql="substring(full_number, 7)"),
    },
    references={
        "category_id": Reference("categories", bring=("category", "subcategory", "maintenance")),
    },
    repairs={
        "cost was empty, taken as 0": Repair("cost", when="cost is null", to="0"),
        "product line was empty": Repair("product_line", when="product_line is null", to="'n/a'"),
        "end was before start, taken as open": Repair(
            "ends_on", when="ends_on < starts_on", to="null"
        ),
    },
    checks={"cost is not negative": "cost >= 0"},
)  # fmt: skip
