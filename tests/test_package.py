"""What the jobs may lean on: the standard library, pyspark, delta-rs and pyarrow."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest

from lake.setup import jars
from tests import small

JOBS = small.PROJECT / "jobs"
MODULES = sorted(JOBS.rglob("*.py"))
# The others may reach below DataFrames.
DATAFRAMES_ALONE = [m for m in MODULES if m.name not in ("session.py", "frames.py", "overflow.py")]
# What makes the commits; each is imported where it is needed, and a run of nothing needs neither.
COMMITS = {"deltalake", "pyarrow"}
# What a session that is not in this process (Spark Connect) does not have.
IN_PROCESS_ONLY = {"_jvm", "_jsc", "_jdf", "_sc", "rdd", "sparkContext", "SparkContext",
                   "Observation"}  # fmt: skip
ALONE = """
import runpy, sys
THERE = set(sys.stdlib_module_names) | {"pyspark", "py4j", "jobs"}
THERE |= {"deltalake", "arro3", "deprecated", "wrapt", "typing_extensions", "pyarrow", "numpy"}
if sys.version_info >= (3, 12):
    THERE |= {"distutils", "setuptools", "_distutils_hack"}  # pyspark 3.5 needs them there
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in THERE and not top.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"refused: {name}", name=name)
sys.meta_path.insert(0, Refuse())
for name in [name for name in sys.modules if name.partition(".")[0] not in THERE]:
    if name != "__main__":
        del sys.modules[name]
runpy.run_module("jobs", run_name="__main__", alter_sys=True)
"""


def imported(node: ast.AST) -> list[str]:
    """The top-level packages that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0]]
    return []


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """The statements that run when a module is imported: all but those inside functions, or for
    the type checker alone."""
    for child in ast.iter_child_nodes(tree):
        typing = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not typing and not isinstance(
            child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        ):
            yield child
            yield from at_import(child)


def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(JOBS)))
def test_a_job_imports_nothing_else_when_it_is_imported(module):
    allowed = {*sys.stdlib_module_names, "pyspark", "jobs"}
    tree = parsed(module)
    found = {name for node in at_import(tree) for name in imported(node)}
    assert found <= allowed
    anywhere = {name for node in ast.walk(tree) for name in imported(node)}
    assert anywhere <= allowed | COMMITS | {"boto3", "botocore"}


@pytest.mark.parametrize("module", DATAFRAMES_ALONE, ids=lambda m: str(m.relative_to(JOBS)))
def test_a_job_speaks_dataframes_and_sql_alone(module):
    names = {
        getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))
        for node in ast.walk(parsed(module))
        if isinstance(node, (ast.Attribute, ast.Name, ast.alias))
    }
    assert names & IN_PROCESS_ONLY == set()


def test_a_run_needs_nothing_but_the_standard_library_pyspark_and_what_commits(tmp_path):
    small.write(small.FIRST_DAY, tmp_path / "landing")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, "--root", str(tmp_path), "--definition", str(small.SHOP),
         "--master", "local[2]", "--jars", ",".join(jars.paths(pyspark.__version__))],
        cwd=small.PROJECT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    report = small.told(done)
    assert report["status"] == "done"
    assert small.books(report)["orders"][0] == 7
