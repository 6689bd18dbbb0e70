"""One row per month and country."""

from jobs.definition import Mart, Period

MONTH = "cast(date_trunc('month', ordered_on) as date)"

monthly_orders = Mart(
    reads=("orders",),
    key=("month", "country"),
    period=Period("month", "orders", MONTH),
    columns="month DATE, country STRING, orders BIGINT, amount DECIMAL(28,2)",
    sql=f"""
        SELECT
            {MONTH} AS month,
            country,
            count(*) AS orders,
            cast(sum(amount) AS DECIMAL(28,2)) AS amount
        FROM orders
        GROUP BY 1, 2
    """,
)
