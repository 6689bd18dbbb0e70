"""Delta tables read without a JVM: DuckDB, with the extensions that its packages carry."""

from __future__ import annotations

import importlib.resources
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from jobs.errors import DefinitionError, LakeError
from jobs.load import load
from jobs.s3 import session
from lake.options import Place
from lake.travel import Travel, versions

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
NOW = Travel()
LAYERS = ("bronze", "silver", "gold", "ledger")
NAMED = re.compile(rf'\b({"|".join(LAYERS)})"?\s*\.\s*"?(\w+)', re.IGNORECASE)
# Questions about the catalog itself, which has to be whole for them.
CATALOG = re.compile(r"\b(show|describe|information_schema|duckdb_\w+)\b", re.IGNORECASE)


class Native:
    """A DuckDB connection in which a lake's tables are views, made when they are named.

    zone: where a table without a zone before its name stands; "" looks in gold, silver, bronze
    and the ledger, in that order. travel: which versions the views show.
    """

    def __init__(self, place: Place, zone: str = "", travel: Travel = NOW) -> None:
        self.place = place
        self.zones = (zone,) if zone else tuple(reversed(LAYERS[:3])) + LAYERS[3:]
        self.travel = travel.resolved(self.find)
        self.connection = _connect(place)
        self._secret = ""
        self._renew()
        # What a question makes is its own, and stands in main.
        self.connection.execute(f"SET search_path = 'main,{','.join(self.zones)}'")
        self._views: set[tuple[str, str]] = set()

    def prepare(self, sql: str) -> None:
        """Makes the views of the tables that ``sql`` names, or of all if it asks for a list."""
        self._renew()
        named: Iterable[tuple[str, str]] = [
            (layer.lower(), table) for layer, table in NAMED.findall(sql)
        ]
        for layer, table in self.tables() if CATALOG.search(sql) else named:
            self.view(layer, table)
        asked = self._without_zone(sql)
        there = self.names() if asked else []
        for table in asked:
            candidates = [
                (z, t) for z in self.zones for y, t in there if (y, t.lower()) == (z, table)
            ]
            # The first zone that has it is where DuckDB looks first, too.
            any(self.view(layer, name) for layer, name in candidates)

    def _renew(self) -> None:
        """Hands DuckDB the credentials where they have changed: it keeps a copy, and a notebook
        lives longer than they do."""
        if self.place.on_s3 and (secret := _secret()) != self._secret:
            self.connection.execute(secret)
            self._secret = secret

    def _without_zone(self, sql: str) -> set[str]:
        """The tables that are named without their zone, and may be the lake's."""
        try:
            # A connection without tables reads the names alone, and asks no table anything.
            with duckdb.connect() as bare:
                found = bare.get_table_names(sql, qualified=True)
        except duckdb.Error:
            # Statements that DuckDB cannot tell this of before it knows the tables.
            found = set(re.findall(r"\w+", sql))
        return {name.strip('"').lower() for name in found if "." not in name}

    def view(self, layer: str, table: str) -> bool:
        """Makes the view of a table; whether there is such a table."""
        self._renew()
        if (layer, table) in self._views:
            return True
        uri = self.uri(layer, table)
        if not versions(uri):
            return False
        version = self.travel.version(uri, f"{layer}.{table}")
        self.connection.execute(f"CREATE VIEW {layer}.{quoted(table)} AS FROM {scan(uri, version)}")
        self._views.add((layer, table))
        return True

    def refuse_unread(self) -> None:
        """Raises DefinitionError where a version is asked of a table that no view was made of:
        the answer would be of another version, and nobody would see it."""
        unused = self.travel.unused(self._views)
        if unused:
            raise DefinitionError(
                f"--version names {', '.join(unused)}, which is not read here: leave it out, or "
                "name the table that is."
            )

    def find(self, named: str) -> tuple[str, str]:
        """(layer, table) of a table as a person names it, with its zone or without.

        Raises DefinitionError, naming the tables there are, where there is none such.
        """
        zone, _, table = named.lower().rpartition(".")
        for layer in (zone,) if zone else self.zones:
            for there, name in self.names():
                if (there, name.lower()) == (layer, table) and versions(self.uri(there, name)):
                    return there, name
        tables = ", ".join(".".join(pair) for pair in self.tables())
        raise DefinitionError(
            f"There is no table {named}; there are: {tables or 'none yet; `lake run` makes them'}."
        )

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of one of our own queries. Times must be cast by it: DuckDB hands out those
        with a zone only where pytz is installed."""
        self.prepare(sql)
        cursor = self.connection.execute(sql, parameters or {})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tables(self) -> list[tuple[str, str]]:
        """(layer, table) of every Delta table of the lake."""
        return [(layer, table) for layer, table in self.names() if self._is_table(layer, table)]

    def names(self) -> list[tuple[str, str]]:
        """(layer, table) of every table that there may be."""
        return sorted(set(self._expected()), key=lambda pair: (LAYERS.index(pair[0]), pair[1]))

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


def scan(uri: str, version: int | None) -> str:
    """SQL: a table, as it was at a version."""
    at = "" if version is None else f", version={version}"
    return f"delta_scan({literal(_readable(uri))}{at})"


def texts(connection: Any, sql: str) -> tuple[list[str], set[str], Iterator[tuple]]:
    """The answer to a question as the text DuckDB writes for each value: exact, and in UTC.

    Returns the columns' names, which of them hold numbers, and the rows.
    """
    columns = connection.execute(f"DESCRIBE SELECT * FROM {bracketed(sql)} q").fetchall()
    numbers = {name for name, kind, *_ in columns if kind.startswith(NUMBERS)}
    rows = connection.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {bracketed(sql)} q")
    return [name for name, *_ in columns], numbers, batches(rows)


def bracketed(sql: str) -> str:
    """SQL in brackets, also where it ends in a comment or a semicolon."""
    written, end = sql.encode(), len(sql.encode())
    # DuckDB's tokens leave comments out, and count in bytes.
    for start, _ in reversed(duckdb.tokenize(sql)):
        if written[start : start + 1] != b";":
            break
        end = start
    return f"(\n{written[:end].decode()}\n)"


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
    connection.execute(f"LOAD {literal(str(extension('delta')))}")
    connection.execute("SET TimeZone = 'UTC'")
    if "ipykernel" not in sys.modules:
        # In a notebook DuckDB draws its bar with a package of its own, and refuses the setting
        # where that package is missing; it draws none either.
        connection.execute("SET enable_progress_bar = false")
    for layer in LAYERS:
        connection.execute(f"CREATE SCHEMA {layer}")
    if place.on_s3:
        connection.execute(f"LOAD {literal(str(extension('httpfs')))}")
    return connection


def _secret() -> str:
    """SQL: the credentials that boto3 finds now, and the endpoint it is told of."""
    found = session()
    credentials = found.get_credentials()
    options = {"TYPE": "s3", "REGION": found.region_name or "us-east-1"}
    if credentials:
        frozen = credentials.get_frozen_credentials()
        options |= {"KEY_ID": frozen.access_key, "SECRET": frozen.secret_key}
        options |= {"SESSION_TOKEN": frozen.token} if frozen.token else {}
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        scheme, _, host = endpoint.rstrip("/").partition("://")
        options |= {"ENDPOINT": host, "URL_STYLE": "path"}
        options |= {"USE_SSL": "false"} if scheme == "http" else {}
    said = ", ".join(f"{key} {literal(value)}" for key, value in options.items())
    return f"CREATE OR REPLACE SECRET ({said})"


def _readable(uri: str) -> str:
    """The URI in DuckDB's spelling."""
    return re.sub("^s3a://", "s3://", uri)


def quoted(identifier: str) -> str:
    """A name in DuckDB's SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in DuckDB's SQL."""
    return "'" + text.replace("'", "''") + "'"
