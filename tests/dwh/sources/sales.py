"""One row per product of an order (sales_details)."""

from jobs.definition import Reference, Repair, Source, date, integer, money, text

sales = Source(
    bronze="sales_details",
    key=("order_number", "product_number"),
    columns={
        "order_number": text("sls_ord_num", pattern="SO[0-9]+"),
        "product_number": text("sls_prd_key"),
        "customer_id": integer("sls_cust_id", required=True),
        "order_date": date("yyyyMMdd", header="sls_order_dt"),
        "ship_date": date("yyyyMMdd", header="sls_ship_dt", required=True),
        "due_date": date("yyyyMMdd", header="sls_due_dt", required=True),
        "amount": money("sls_sales"),
        "quantity": integer("sls_quantity", required=True),
        "price": money("sls_price"),
    },
    references={
        "customer_id": Reference("customers", bring=("country", "marital_status")),
        # A product has many versions; the current one stands for it.
        "product_number": Reference(
            "products", column="product_number",
            bring=("product_name", "product_line", "category", "subcategory"),
        ),
    },
    repairs={
        "order date was 0": Repair("order_date", when="raw.order_date = '0'", to="null"),
        "order date was not a date": Repair(
            "order_date", when="raw.order_date <> '0' and order_date is null", to="null"
        ),
        "price was missing, taken as amount / quantity": Repair(
            "price", when="price is null or price = 0", to="amount / quantity"
        ),
        "price was negative": Repair("price", when="price < 0", to="-price"),
        "amount was not quantity x price": Repair(
            "amount", when="not amount <=> quantity * price", to="quantity * price"
        ),
    },
    checks={
        "quantity is positive": "quantity > 0",
        "order is not shipped before it is made": "ship_date >= order_date",
    },
)  # fmt: skip
