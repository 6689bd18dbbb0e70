"""One row per month and customer who bought in it; sales that name no customer are in none."""

from jobs.definition import Chart, Mart, Period

customer_activity = Mart(
    reads=("sales_enriched",),
    key=("month", "customer_key"),
    period=Period(
        "month",
        "sales_enriched",
        "cast(date_trunc('month', sold_at) as date)",
        within="customer_key",
    ),
    columns="""
        month DATE, customer_key BIGINT, customer_id STRING,
        customer_segment STRING, customer_country STRING,
        orders BIGINT, units BIGINT, net_amount DECIMAL(28,2),
        first_sold_at TIMESTAMP, last_sold_at TIMESTAMP
    """,
    sql="""
        SELECT
            cast(date_trunc('month', sold_at) as date) AS month,
            customer_key,
            customer_id,
            customer_segment,
            customer_country,
            count(DISTINCT order_id) AS orders,
            sum(quantity) AS units,
            cast(sum(net_amount) AS DECIMAL(28,2)) AS net_amount,
            min(sold_at) AS first_sold_at,
            max(sold_at) AS last_sold_at
        FROM sales_enriched
        WHERE customer_id_status <> 'none given'
        GROUP BY 1, 2, 3, 4, 5
    """,
    charts=(
        Chart("trend", "Active customers", note="Customers who bought at least once in the month."),
        Chart(
            "bars",
            "Net sales by customers' country",
            value="net_amount",
            by="customer_country",
            unit="$",
        ),
    ),
)
