-- typed_<source> -> <source>: of the valid rows of a key the latest one; sales with what their
-- dimensions say; quarantine with the rules and the text as it stood in the file.
-- hash() makes a number of a null too; no key given must stay none.
CREATE MACRO number_of(id) AS
    CASE WHEN id IS NOT NULL THEN CAST(hash(id) >> 1 AS BIGINT) END;

CREATE TABLE customers AS
SELECT number_of(customer_id) AS customer_key, * EXCLUDE (broken)
FROM typed_customers
WHERE broken = ''
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY updated_at DESC, path DESC, line DESC) = 1;

CREATE TABLE products AS
SELECT number_of(product_id) AS product_key, * EXCLUDE (broken)
FROM typed_products
WHERE broken = ''
QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY updated_at DESC, path DESC, line DESC) = 1;

CREATE TABLE locations AS
SELECT number_of(location_id) AS location_key, * EXCLUDE (broken)
FROM typed_locations
WHERE broken = ''
QUALIFY row_number() OVER (PARTITION BY location_id ORDER BY updated_at DESC, path DESC, line DESC) = 1;

CREATE TABLE sales AS
WITH repeated AS (
    SELECT transaction_id
    FROM typed_sales
    WHERE broken = ''
    GROUP BY transaction_id
    HAVING count(*) > 1
),
latest AS (
    SELECT typed_sales.*
    FROM typed_sales SEMI JOIN repeated USING (transaction_id)
    WHERE broken = ''
    QUALIFY row_number() OVER (
        PARTITION BY transaction_id ORDER BY updated_at DESC, path DESC, line DESC
    ) = 1
)
SELECT number_of(transaction_id) AS sale_key, * EXCLUDE (broken) FROM (
    SELECT typed_sales.*
    FROM typed_sales ANTI JOIN repeated USING (transaction_id)
    WHERE broken = ''
    UNION ALL
    SELECT * FROM latest
);

CREATE TABLE sales_enriched AS
SELECT
    sales.* EXCLUDE (path, line),
    number_of(sales.customer_id) AS customer_key,
    CASE
        WHEN sales.customer_id IS NULL THEN 'none given'
        WHEN customers.customer_id IS NULL THEN 'not known'
        ELSE 'known'
    END AS customer_id_status,
    CASE
        WHEN sales.customer_id IS NULL THEN '(none given)'
        WHEN customers.customer_id IS NULL THEN '(not known)'
        ELSE customers.segment
    END AS customer_segment,
    CASE
        WHEN sales.customer_id IS NULL THEN '(none given)'
        WHEN customers.customer_id IS NULL THEN '(not known)'
        ELSE customers.country
    END AS customer_country,
    number_of(sales.product_id) AS product_key,
    CASE WHEN products.product_id IS NULL THEN 'not known' ELSE 'known' END AS product_id_status,
    CASE WHEN products.product_id IS NULL THEN '(not known)' ELSE products.product_name END
        AS product_name,
    CASE WHEN products.product_id IS NULL THEN '(not known)' ELSE products.category END AS category,
    CASE WHEN products.product_id IS NULL THEN '(not known)' ELSE products.brand END AS brand,
    number_of(sales.location_id) AS location_key,
    CASE WHEN locations.location_id IS NULL THEN 'not known' ELSE 'known' END AS location_id_status,
    CASE WHEN locations.location_id IS NULL THEN '(not known)' ELSE locations.store_name END
        AS store_name,
    CASE WHEN locations.location_id IS NULL THEN '(not known)' ELSE locations.region END AS region
FROM sales
LEFT JOIN customers ON sales.customer_id = customers.customer_id
LEFT JOIN products ON sales.product_id = products.product_id
LEFT JOIN locations ON sales.location_id = locations.location_id;

CREATE TABLE quarantine AS
WITH broken AS (
    SELECT 'sales' AS source, path, line, broken FROM typed_sales WHERE broken <> ''
    UNION ALL
    SELECT 'customers', path, line, broken FROM typed_customers WHERE broken <> ''
    UNION ALL
    SELECT 'products', path, line, broken FROM typed_products WHERE broken <> ''
    UNION ALL
    SELECT 'locations', path, line, broken FROM typed_locations WHERE broken <> ''
),
raw AS (
    SELECT 'sales' AS source, path, line, to_json(raw_sales) AS record
    FROM raw_sales SEMI JOIN broken ON broken.source = 'sales'
        AND broken.path = raw_sales.path AND broken.line = raw_sales.line
    UNION ALL
    SELECT 'customers', path, line, to_json(raw_customers)
    FROM raw_customers SEMI JOIN broken ON broken.source = 'customers'
        AND broken.path = raw_customers.path AND broken.line = raw_customers.line
    UNION ALL
    SELECT 'products', path, line, to_json(raw_products)
    FROM raw_products SEMI JOIN broken ON broken.source = 'products'
        AND broken.path = raw_products.path AND broken.line = raw_products.line
    UNION ALL
    SELECT 'locations', path, line, to_json(raw_locations)
    FROM raw_locations SEMI JOIN broken ON broken.source = 'locations'
        AND broken.path = raw_locations.path AND broken.line = raw_locations.line
)
SELECT
    broken.source,
    broken.path AS source_file,
    broken.line AS source_line,
    string_split(broken.broken, '|') AS broken,
    raw.record
FROM broken JOIN raw USING (source, path, line);

CREATE TABLE books AS
SELECT 'sales' AS source, count(*) AS landed, count(*) FILTER (broken <> '') AS quarantined,
    (SELECT count(*) FROM sales) AS published
FROM typed_sales
UNION ALL
SELECT 'customers', count(*), count(*) FILTER (broken <> ''), (SELECT count(*) FROM customers)
FROM typed_customers
UNION ALL
SELECT 'products', count(*), count(*) FILTER (broken <> ''), (SELECT count(*) FROM products)
FROM typed_products
UNION ALL
SELECT 'locations', count(*), count(*) FILTER (broken <> ''), (SELECT count(*) FROM locations)
FROM typed_locations;
