"""One row per source and rule: how many rows wait in quarantine for it, and where to look."""

from jobs.definition import Mart

data_quality = Mart(
    reads=("quarantine", "files"),
    key=("source", "rule"),
    columns="""
        source STRING, rule STRING,
        quarantined_rows BIGINT, landed_records BIGINT, share DECIMAL(9,6),
        first_file STRING, first_line BIGINT, last_file STRING, last_line BIGINT
    """,
    sql="""
        WITH landed AS (
            SELECT source, sum(records) AS landed_records
            FROM files
            -- A file that is held is outside the books, but for one that changed after it was in.
            WHERE batch > 0 AND (status <> 'held' OR reason LIKE 'its bytes changed%')
            GROUP BY source
        ),
        broken_rule AS (
            SELECT source, _quarantine_id, struct(source_file, source_line) AS place, one.rule
            FROM quarantine LATERAL VIEW explode(broken) AS one
            WHERE state <> 'superseded'
        ),
        by_rule AS (
            SELECT
                source,
                rule,
                count(DISTINCT _quarantine_id) AS quarantined_rows,
                min(place) AS first_place,
                max(place) AS last_place
            FROM broken_rule
            GROUP BY source, rule
        )
        SELECT
            by_rule.source,
            rule,
            quarantined_rows,
            landed_records,
            cast(quarantined_rows / landed_records AS DECIMAL(9,6)) AS share,
            first_place.source_file AS first_file,
            first_place.source_line AS first_line,
            last_place.source_file AS last_file,
            last_place.source_line AS last_line
        FROM by_rule LEFT JOIN landed ON by_rule.source = landed.source
    """,
    charts=(),  # the report's second part says all of this, and more
)
