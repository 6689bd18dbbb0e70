"""One row per country and gender: its customers, how many of them bought, and for how much."""

from jobs.definition import Mart

country_customers = Mart(
    reads=("customers", "sales"),
    key=("country", "gender"),
    columns="""
        country STRING, gender STRING,
        customers BIGINT, buyers BIGINT, orders BIGINT, amount DECIMAL(28,2)
    """,
    sql="""
        WITH bought AS (
            SELECT
                customer_id,
                count(DISTINCT order_number) AS orders,
                sum(amount) AS amount
            FROM sales
            GROUP BY customer_id
        )
        SELECT
            country,
            coalesce(shop_gender, person_gender, 'n/a') AS gender,
            count(*) AS customers,
            count(bought.customer_id) AS buyers,
            coalesce(sum(orders), 0) AS orders,
            cast(coalesce(sum(amount), 0) AS DECIMAL(28,2)) AS amount
        FROM customers LEFT JOIN bought ON customers.customer_id = bought.customer_id
        GROUP BY 1, 2
    """,
)
