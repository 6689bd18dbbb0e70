"""One row per customer who ever bought: recency, frequency, money, and the segment they make.

Scores are fifths of all customers, 5 the best; ties are parted by the customer key, so that
the same sales give the same scores. "As of" is the day of the latest sale, never today.
"""

from jobs.definition import Chart, Mart

customer_segments = Mart(
    reads=("customer_activity",),
    key=("customer_key",),
    columns="""
        customer_key BIGINT, customer_id STRING, as_of DATE,
        recency_days INT, frequency BIGINT, monetary DECIMAL(28,2),
        recency_score INT, frequency_score INT, monetary_score INT, segment STRING
    """,
    sql="""
        WITH customer AS (
            SELECT
                customer_key,
                customer_id,
                max(last_sold_at) AS last_sold_at,
                sum(orders) AS frequency,
                cast(sum(net_amount) AS DECIMAL(28,2)) AS monetary
            FROM customer_activity
            GROUP BY 1, 2
        ),
        latest AS (
            SELECT cast(max(last_sold_at) AS DATE) AS as_of FROM customer
        ),
        scored AS (
            SELECT
                customer.*,
                as_of,
                ntile(5) OVER (ORDER BY last_sold_at, customer_key) AS recency_score,
                ntile(5) OVER (ORDER BY frequency, customer_key) AS frequency_score,
                ntile(5) OVER (ORDER BY monetary, customer_key) AS monetary_score
            FROM customer CROSS JOIN latest
        )
        SELECT
            customer_key,
            customer_id,
            as_of,
            datediff(as_of, cast(last_sold_at AS DATE)) AS recency_days,
            frequency,
            monetary,
            recency_score,
            frequency_score,
            monetary_score,
            CASE
                WHEN recency_score >= 4 AND frequency_score >= 4 AND monetary_score >= 4
                    THEN 'Champions'
                WHEN recency_score >= 3 AND frequency_score >= 4 THEN 'Loyal'
                WHEN recency_score >= 3 AND monetary_score >= 4 THEN 'Big spenders'
                WHEN recency_score >= 4 AND frequency_score <= 2 THEN 'New'
                WHEN recency_score >= 3 THEN 'Promising'
                WHEN frequency_score >= 4 OR monetary_score >= 4 THEN 'At risk'
                WHEN recency_score = 2 THEN 'Sleeping'
                ELSE 'Lost'
            END AS segment
        FROM scored
    """,
    charts=(
        Chart(
            "bars",
            "Customer segments",
            value=("", "monetary"),
            by="segment",
            unit="$",
            note="By how recently, how often and for how much each customer has ever bought.",
        ),
    ),
)
