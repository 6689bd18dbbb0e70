-- The retail marts. Averages are whole cents, halves up: DuckDB divides decimals as doubles.
CREATE MACRO average(total, count) AS CAST(
    ((2 * CAST(total * 100 AS HUGEINT) + count) // (2 * count)) * CAST(0.01 AS DECIMAL(3, 2))
    AS DECIMAL(18, 2)
);

CREATE TABLE monthly_sales_summary AS
SELECT
    CAST(date_trunc('month', sold_at) AS DATE) AS month,
    region,
    category,
    count(DISTINCT order_id) AS orders,
    CAST(sum(quantity) AS BIGINT) AS units,
    CAST(sum(gross_amount) AS DECIMAL(28, 2)) AS gross_amount,
    CAST(sum(discount) AS DECIMAL(28, 2)) AS discount_amount,
    CAST(sum(net_amount) AS DECIMAL(28, 2)) AS net_amount,
    count(DISTINCT customer_key) AS customers,
    average(sum(net_amount), count(DISTINCT order_id)) AS average_basket
FROM sales_enriched
GROUP BY ALL;

CREATE TABLE product_performance AS
SELECT
    CAST(date_trunc('month', sold_at) AS DATE) AS month,
    product_key, product_id, product_name, category, brand,
    count(DISTINCT order_id) AS orders,
    CAST(sum(quantity) AS BIGINT) AS units,
    CAST(sum(net_amount) AS DECIMAL(28, 2)) AS net_amount,
    average(sum(net_amount), sum(quantity)) AS average_price
FROM sales_enriched
GROUP BY ALL;

CREATE TABLE store_performance AS
SELECT
    CAST(date_trunc('month', sold_at) AS DATE) AS month,
    location_key, location_id, store_name, region,
    count(DISTINCT order_id) AS orders,
    CAST(sum(quantity) AS BIGINT) AS units,
    CAST(sum(net_amount) AS DECIMAL(28, 2)) AS net_amount,
    count(DISTINCT customer_key) AS customers,
    average(sum(net_amount), count(DISTINCT order_id)) AS average_basket
FROM sales_enriched
GROUP BY ALL;

CREATE TABLE customer_activity AS
SELECT
    CAST(date_trunc('month', sold_at) AS DATE) AS month,
    customer_key, customer_id, customer_segment, customer_country,
    count(DISTINCT order_id) AS orders,
    CAST(sum(quantity) AS BIGINT) AS units,
    CAST(sum(net_amount) AS DECIMAL(28, 2)) AS net_amount,
    min(sold_at) AS first_sold_at,
    max(sold_at) AS last_sold_at
FROM sales_enriched
WHERE customer_id IS NOT NULL
GROUP BY ALL;

CREATE TABLE customer_segments AS
WITH customer AS (
    SELECT
        customer_key,
        customer_id,
        max(last_sold_at) AS last_sold_at,
        CAST(sum(orders) AS BIGINT) AS frequency,
        CAST(sum(net_amount) AS DECIMAL(28, 2)) AS monetary
    FROM customer_activity
    GROUP BY ALL
),
scored AS (
    SELECT
        *,
        CAST((SELECT max(last_sold_at) FROM customer) AS DATE) AS as_of,
        ntile(5) OVER (ORDER BY last_sold_at, customer_key) AS recency_score,
        ntile(5) OVER (ORDER BY frequency, customer_key) AS frequency_score,
        ntile(5) OVER (ORDER BY monetary, customer_key) AS monetary_score
    FROM customer
)
SELECT
    customer_key, customer_id, as_of,
    as_of - CAST(last_sold_at AS DATE) AS recency_days,
    frequency, monetary, recency_score, frequency_score, monetary_score,
    CASE
        WHEN recency_score >= 4 AND frequency_score >= 4 AND monetary_score >= 4 THEN 'Champions'
        WHEN recency_score >= 3 AND frequency_score >= 4 THEN 'Loyal'
        WHEN recency_score >= 3 AND monetary_score >= 4 THEN 'Big spenders'
        WHEN recency_score >= 4 AND frequency_score <= 2 THEN 'New'
        WHEN recency_score >= 3 THEN 'Promising'
        WHEN frequency_score >= 4 OR monetary_score >= 4 THEN 'At risk'
        WHEN recency_score = 2 THEN 'Sleeping'
        ELSE 'Lost'
    END AS segment
FROM scored;

CREATE TABLE data_quality AS
WITH by_rule AS (
    SELECT
        source,
        rule,
        count(*) AS quarantined_rows,
        min({'file': source_file, 'line': source_line}) AS first_place,
        max({'file': source_file, 'line': source_line}) AS last_place
    FROM (SELECT source, source_file, source_line, unnest(broken) AS rule FROM quarantine)
    GROUP BY ALL
)
SELECT
    source, rule, quarantined_rows,
    landed AS landed_records,
    CAST(quarantined_rows / landed AS DECIMAL(9, 6)) AS share,
    first_place.file AS first_file, first_place.line AS first_line,
    last_place.file AS last_file, last_place.line AS last_line
FROM by_rule JOIN books USING (source);
