"""Delta tables read without a JVM: DuckDB, with the extensions that its packages carry."""

from __future__ import annotations

import importlib.resources
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from jobs.errors import DefinitionError, LakeError
from jobs.files import open_store
from jobs.load import load
from lake.options import Place

LEDGER = {"runs": "runs", "files": "files"}
BATCH = 5_000
NUMBERS = (
    "DECIMAL",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "DOUBLE",
    "FLOAT",
    "UINTEGER",
    "UBIGINT",
)
LAYERS = ("bronze", "silver", "gold", "ledger")
NAMED = re.compile(rf'\b({"|".join(LAYERS)})"?\s*\.\s*"?(\w+)', re.IGNORECASE)
# Questions about the catalog itself, which has to be whole for them.
CATALOG = re.compile(r"\b(show|describe|information_schema|duckdb_\w+)\b", re.IGNORECASE)


class Native:
    """A DuckDB connection in which a lake's tables are views, made when they are named."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.connection = _connect(place)
        self._views: set[tuple[str, str]] = set()

    def prepare(self, sql: str) -> None:
        """Makes the views of the tables that ``sql`` names, or of all if it asks for a list."""
        named: Iterable[tuple[str, str]] = [
            (layer.lower(), table) for layer, table in NAMED.findall(sql)
        ]
        for layer, table in self.tables() if CATALOG.search(sql) else named:
            self.view(layer, table)

    def view(self, layer: str, table: str) -> bool:
        """Makes the view of a table; whether there is such a table."""
        if (layer, table) in self._views:
            return True
        uri = self.uri(layer, table)
        if not versions(uri):
            return False
        self.connection.execute(
            f'CREATE VIEW {layer}."{table}" AS SELECT * FROM delta_scan({_literal(_readable(uri))})'
        )
        self._views.add((layer, table))
        return True

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of one of our own queries. Times must be cast by it: DuckDB hands out those
        with a zone only where pytz is installed."""
        self.prepare(sql)
        cursor = self.connection.execute(sql, parameters or {})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tables(self) -> list[tuple[str, str]]:
        """(layer, table) of every Delta table of the lake."""
        found = [
            (layer, table) for layer, table in self._expected() if self._is_table(layer, table)
        ]
        return sorted(set(found), key=lambda pair: (LAYERS.index(pair[0]), pair[1]))

    def uri(self, layer: str, table: str) -> str:
        """Where a table stands."""
        if layer == "ledger":
            return f"{self.place.zones.lake}/{LEDGER.get(table, table)}"
        return f"{getattr(self.place.zones, layer)}/{table}"

    def _is_table(self, layer: str, table: str) -> bool:
        return bool(versions(self.uri(layer, table)))

    def _expected(self) -> Iterator[tuple[str, str]]:
        """What the definition names, and on a local disk whatever else stands in the zones."""
        definition = load(self.place.definition)
        for source in definition.sources.values():
            yield "bronze", source.bronze
            yield "silver", source.silver
        yield "silver", "quarantine"
        for mart in definition.marts:
            yield "gold", mart
        for table in LEDGER:
            yield "ledger", table
        for layer in LAYERS[:3]:
            folder = Path(getattr(self.place.zones, layer))
            if folder.is_dir():
                for entry in folder.iterdir():
                    if entry.is_dir() and not entry.name.startswith(("_", ".")):
                        yield layer, entry.name


def versions(uri: str) -> list[int]:
    """The versions in a Delta table's log; empty where there is no table."""
    found = []
    for file in open_store(uri).list("_delta_log/"):
        stem, _, kind = file.path.rpartition("/")[2].partition(".")
        if kind == "json" and stem.isdigit():
            found.append(int(stem))
    return sorted(found)


def texts(connection: Any, sql: str) -> tuple[list[str], set[str], Iterator[tuple]]:
    """The answer to a question as the text DuckDB writes for each value: exact, and in UTC.

    Returns the columns' names, which of them hold numbers, and the rows.
    """
    if connection.extract_statements(sql)[0].type == duckdb.StatementType.EXPLAIN:
        return ["kind", "plan"], set(), batches(connection.execute(sql))
    columns = connection.execute(f"DESCRIBE SELECT * FROM ({sql}) q").fetchall()
    numbers = {name for name, kind, *_ in columns if kind.startswith(NUMBERS)}
    rows = connection.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({sql}) q")
    return [name for name, *_ in columns], numbers, batches(rows)


def batches(cursor: Any) -> Iterator[tuple]:
    """The rows of a cursor, some thousands in memory at once."""
    while rows := cursor.fetchmany(BATCH):
        yield from rows


def extension(name: str) -> Path:
    """The file of a DuckDB extension that a package of ours carries. LakeError if absent."""
    package = f"duckdb_extension_{name}"
    try:
        base = importlib.resources.files(package)
    except ModuleNotFoundError as error:
        raise LakeError(f"The package {package} is not installed: `make setup`.") from error
    path = Path(str(base)) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not path.exists():
        raise LakeError(f"{package} does not fit DuckDB {duckdb.__version__}: `make setup`.")
    return path


def _connect(place: Place) -> Any:
    # Checking the signature of the 80 MB extension takes longer than any query here; its file
    # came with a pinned package, and a query cannot load another (see lake/verbs/query.py).
    connection = duckdb.connect(
        config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"}
    )
    connection.execute(f"LOAD {_literal(str(extension('delta')))}")
    connection.execute("SET TimeZone = 'UTC'")
    for layer in LAYERS:
        connection.execute(f"CREATE SCHEMA {layer}")
    if place.on_s3:
        _allow_s3(connection)
    return connection


def _allow_s3(connection: Any) -> None:
    """Hands DuckDB the credentials that boto3 finds, and the endpoint it is told of."""
    try:
        import boto3
    except ModuleNotFoundError as error:
        raise DefinitionError(
            "A lake on S3 needs boto3, which is not installed: pip install boto3."
        ) from error
    connection.execute(f"LOAD {_literal(str(extension('httpfs')))}")
    session = boto3.Session()
    credentials = session.get_credentials()
    options = {"TYPE": "s3", "REGION": session.region_name or "us-east-1"}
    if credentials:
        frozen = credentials.get_frozen_credentials()
        options |= {"KEY_ID": frozen.access_key, "SECRET": frozen.secret_key}
        options |= {"SESSION_TOKEN": frozen.token} if frozen.token else {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        scheme, _, host = endpoint.rstrip("/").partition("://")
        options |= {"ENDPOINT": host, "URL_STYLE": "path"}
        options |= {"USE_SSL": "false"} if scheme == "http" else {}
    said = ", ".join(f"{key} {_literal(value)}" for key, value in options.items())
    connection.execute(f"CREATE SECRET ({said})")


def _readable(uri: str) -> str:
    """The URI in DuckDB's spelling."""
    return re.sub("^s3a://", "s3://", uri)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
