"""From a folder of CSV files to a lake definition: what `lake init` looks at, and what it writes.

The order data takes: found -> dialect -> groups -> table -> columns -> keys -> links -> marts,
then write. No Spark: DuckDB looks at every row.
"""
