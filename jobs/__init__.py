"""The medallion lake's jobs: landing CSV to bronze, silver and gold Delta tables.

Needs pyspark and delta-spark alone (boto3 too where a zone is on S3).
"""
