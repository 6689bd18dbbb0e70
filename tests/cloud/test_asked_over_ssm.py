"""The SSM documents: what they accept, and that nothing handed to them is ever read as code."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.conftest import of_type

RUN = "20260101T060000-1a2b3c"
GOOD = {
    "RunId": [RUN],
    "Layers": ["all", "bronze", "silver,gold", "bronze,silver,gold"],
    "Rebuild": ["true", "false"],
    "From": ["", "2026-01-01"],
    "To": ["", "2026-12-31"],
}
INJECTED = [
    "; touch {0}", "$(touch {0})", "`touch {0}`", "| touch {0}", "&& touch {0}", "\ntouch {0}",
    "' ; touch {0} ; '", '" ; touch {0} ; "', "${{IFS}}touch {0}", "> {0}", "--help", " ",
    "\\", "\x00",    "*", "{{{{ssm:x}}}}", "-1", "\n", "\u2028", "é",
]  # fmt: skip
ALONE = {
    "RunId": ["", "latest", RUN.upper(), f"{RUN}0", RUN[:-1], f"../{RUN}", "20260101T060000"],
    "Layers": ["", "landing", "all,bronze", "bronze,", ",bronze", "bronze silver",
               "bronze,silver,gold,bronze", "Bronze"],
    "Rebuild": ["", "yes", "1", "TRUE", "truefalse"],
    "From": ["2026-1-1", "26-01-01", "2026-01-01T00:00", "2026/01/01", "yesterday"],
    "To": ["2026-1-1", "2026-01-010"],
}  # fmt: skip


def hostile(name: str) -> list[str]:
    """Values that parameter must refuse: each injection alone, before and after a good value."""
    bad = [text.format("/tmp/owned") for text in INJECTED]
    good = GOOD[name][-1]
    return [*ALONE[name], *bad, *(good + text for text in bad), *(text + good for text in bad)]


def accepts(pattern: str, value: str) -> bool:
    # In RE2, which SSM speaks, $ is the end of the text; in Python a newline may follow it.
    assert pattern.startswith("^(") and pattern.endswith(")$")
    return re.search(pattern[:-1] + r"\Z", value) is not None


@pytest.fixture(scope="module")
def documents(synth) -> dict[str, dict[str, Any]]:
    """{name: properties} of the box's documents."""
    found = of_type(synth()["Box"], "AWS::SSM::Document").values()
    return {document["Properties"]["Name"]: document["Properties"] for document in found}


def test_a_box_may_be_asked_four_things(documents) -> None:
    words = ("run", "stop", "notebook", "use")
    assert set(documents) == {f"medallion-{word}" for word in words}


def test_every_parameter_is_an_anchored_pattern_and_a_variable(documents) -> None:
    for properties in documents.values():
        content = properties["Content"]
        assert content["schemaVersion"] == "2.2"
        for parameter in content["parameters"].values():
            assert parameter["interpolationType"] == "ENV_VAR"
            assert parameter["allowedPattern"].startswith("^(")
            assert parameter["allowedPattern"].endswith(")$")
        # A parameter in braces would be pasted into the text.
        assert "{{" not in "\n".join(content["mainSteps"][0]["inputs"]["runCommand"])


@pytest.mark.parametrize("name", GOOD)
def test_good_values_pass_and_hostile_ones_do_not(documents, name: str) -> None:
    parameter = documents["medallion-run"]["Content"]["parameters"][name]
    pattern = parameter["allowedPattern"]
    assert [value for value in GOOD[name] if not accepts(pattern, value)] == []
    assert [value for value in hostile(name) if accepts(pattern, value)] == []
    assert accepts(pattern, parameter.get("default", GOOD[name][0]))


def test_a_run_may_take_longer_than_any_run_does(documents) -> None:
    seconds = documents["medallion-run"]["Content"]["mainSteps"][0]["inputs"]["timeoutSeconds"]
    assert int(seconds) >= 24 * 3600


def call(folder: Path, properties: dict[str, Any], told: dict[str, str]) -> tuple[int, list[str]]:
    """Runs a document's script as the agent does: its status, and what lake-run was told."""
    wrapper = folder / "lake-run"
    wrapper.write_text('#!/bin/bash\nprintf "%s\\0" "$@" >"$WORDS"\n')
    wrapper.chmod(0o755)
    script = folder / "_script.sh"
    script.write_text("\n".join(properties["Content"]["mainSteps"][0]["inputs"]["runCommand"]))
    script.chmod(0o755)
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}", "WORDS": str(folder / "words"),
        **{f"SSM_{name}": value for name, value in told.items()},
    }  # fmt: skip
    done = subprocess.run([str(script)], env=environment, cwd=folder, capture_output=True)
    words = folder / "words"
    return done.returncode, words.read_text().split("\0")[:-1] if words.exists() else []


def test_what_is_asked_reaches_the_wrapper_word_by_word(documents, tmp_path: Path) -> None:
    told = {"RunId": RUN, "Layers": "silver,gold", "Rebuild": "true", "From": "2026-01-01",
            "To": "2026-02-01"}  # fmt: skip
    assert call(tmp_path, documents["medallion-run"], told) == (
        0,
        ["start", RUN, "--layer", "silver", "--layer", "gold", "--rebuild", "--from", "2026-01-01",
         "--to", "2026-02-01"],
    )  # fmt: skip
    plain = {"RunId": RUN, "Layers": "all", "Rebuild": "false", "From": "", "To": ""}
    assert call(tmp_path, documents["medallion-run"], plain) == (0, ["start", RUN])
    # As an agent may tell what is empty or left at its default: not at all.
    for name in ("Layers", "Rebuild", "From", "To"):
        del plain[name]
        assert call(tmp_path, documents["medallion-run"], plain) == (0, ["start", RUN])
    assert call(tmp_path, documents["medallion-stop"], {"RunId": RUN}) == (0, ["stop", RUN])


@pytest.mark.parametrize("name", GOOD)
def test_even_without_its_pattern_a_value_is_never_run(documents, tmp_path, name: str) -> None:
    owned = tmp_path / "owned"
    for text in INJECTED:
        value = text.format(owned).replace("\x00", "")
        told = {
            "RunId": RUN,
            "Layers": "all",
            "Rebuild": "false",
            "From": "",
            "To": "",
            name: value,
        }
        call(tmp_path, documents["medallion-run"], told)
        assert not owned.exists(), value


def test_an_agent_too_old_to_hand_parameters_over_is_refused(documents, tmp_path: Path) -> None:
    for name in ("medallion-run", "medallion-stop"):
        assert call(tmp_path, documents[name], {}) == (1, [])


def test_the_box_tells_where_its_documents_are(synth) -> None:
    parameters = of_type(synth()["Box"], "AWS::SSM::Parameter").values()
    names = {parameter["Properties"]["Name"] for parameter in parameters}
    assert {f"/medallion/documents/{word}" for word in ("run", "stop", "notebook", "use")} <= names
