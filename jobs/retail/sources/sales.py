"""One row per sale line: what was sold, to whom, where and when."""

from jobs.definition import Reference, Repair, Source, integer, money, text, timestamp

sales = Source(
    bronze="sales_transactions",
    silver="sales_enriched",
    surrogate_key="sale_key",
    key="transaction_id",
    latest_by="updated_at",
    columns={
        "transaction_id": text(required=True, pattern="T[0-9]+"),
        "order_id": text(required=True),
        "sold_at": timestamp("yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy HH:mm", required=True),
        "customer_id": text(case="upper"),
        "product_id": text(required=True),
        "location_id": text(required=True),
        "quantity": integer(required=True),
        "unit_price": money(symbols="$", thousands=",", required=True),
        "discount": money(),
        "channel": text(case="lower", mapping={"web": "online", "in-store": "store"},
                        one_of=("store", "online", "phone")),
        "payment_method": text(case="lower"),
        "updated_at": timestamp(required=True),
        "gross_amount": money(sql="quantity * unit_price"),
        "net_amount": money(sql="quantity * unit_price - coalesce(discount, 0)"),
    },
    references={
        "customer_id": Reference(
            "customers", bring={"customer_segment": "segment", "customer_country": "country"}
        ),
        "product_id": Reference("products", bring=("product_name", "category", "brand")),
        "location_id": Reference("locations", bring=("store_name", "region")),
    },
    repairs={
        "discount was empty, taken as 0": Repair("discount", when="raw.discount is null", to="0"),
    },
    checks={
        "quantity is positive": "quantity > 0",
        "unit price is positive": "unit_price > 0",
        "discount is between nothing and the gross amount":
            "discount between 0 and quantity * unit_price",
        "sale is not before 2015": "sold_at >= timestamp'2015-01-01 00:00:00'",
    },
    max_bad_share=0.2,
)  # fmt: skip
