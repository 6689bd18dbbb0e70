"""One row per month and product: how much of it was sold, and at what price."""

from jobs.definition import Chart, Mart, Period

product_performance = Mart(
    reads=("sales_enriched",),
    key=("month", "product_key"),
    period=Period(
        "month",
        "sales_enriched",
        "cast(date_trunc('month', sold_at) as date)",
        within="product_key",
    ),
    columns="""
        month DATE, product_key BIGINT, product_id STRING, product_name STRING,
        category STRING, brand STRING,
        orders BIGINT, units BIGINT,
        net_amount DECIMAL(28,2), average_price DECIMAL(18,2)
    """,
    sql="""
        SELECT
            cast(date_trunc('month', sold_at) as date) AS month,
            product_key,
            product_id,
            product_name,
            category,
            brand,
            count(DISTINCT order_id) AS orders,
            sum(quantity) AS units,
            cast(sum(net_amount) AS DECIMAL(28,2)) AS net_amount,
            cast(sum(net_amount) / sum(quantity) AS DECIMAL(18,2)) AS average_price
        FROM sales_enriched
        GROUP BY 1, 2, 3, 4, 5, 6
    """,
    charts=(
        Chart(
            "bars",
            "Top products",
            value="net_amount",
            by="product_id",
            label="product_name",
            unit="$",
        ),
        Chart(
            "movers",
            "Rising and fading products",
            value="net_amount",
            by="product_id",
            label="product_name",
            unit="$",
            top=8,
        ),
    ),
)
