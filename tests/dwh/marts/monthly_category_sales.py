"""One row per month and category; the month is null for orders whose date is not known."""

from jobs.definition import Mart, Period

MONTH = "cast(date_trunc('month', order_date) as date)"

monthly_category_sales = Mart(
    reads=("sales",),
    key=("month", "category"),
    period=Period("month", "sales", MONTH),
    columns="""
        month DATE, category STRING,
        orders BIGINT, units BIGINT, amount DECIMAL(28,2), customers BIGINT
    """,
    sql=f"""
        SELECT
            {MONTH} AS month,
            category,
            count(DISTINCT order_number) AS orders,
            sum(quantity) AS units,
            cast(sum(amount) AS DECIMAL(28,2)) AS amount,
            count(DISTINCT customer_id) AS customers
        FROM sales
        GROUP BY 1, 2
    """,
)
