"""Where each setting's value comes from, and the one place that brings them together.

From the weakest to the strongest: the default, the stage's preset, the credentials that the CDK
CLI found, the ``lake`` block of cdk.json, ``LAKE_AWS_*`` in the environment, ``-c key=value``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cdk_app.settings import PRESETS, Settings
from jobs.errors import DefinitionError

BLOCK = "lake"
PREFIX = "LAKE_AWS_"
AT_DEPLOYMENT = "from the credentials, at deployment"
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")  # the stronger first
_FROM_CLI = {"CDK_DEFAULT_ACCOUNT": "account", "CDK_DEFAULT_REGION": "region"}
# Keys of the CDK's own in the context: those with one of these signs, and two without.
_CDK_SIGNS = (":", "/", "@")
_CDK_KEYS = {"acknowledged-issue-numbers", "cli-telemetry"}


@dataclass(frozen=True)
class Origin:
    """One setting's value as it was given, and the name of the place that gave it."""

    value: object
    place: str


@dataclass(frozen=True)
class Resolved:
    """The settings, and for each the place that its value came from."""

    settings: Settings
    places: Mapping[str, str]


def read_cdk_json(path: Path) -> dict[str, Any]:
    """The context of a cdk.json.

    :raises DefinitionError: the file is not there or is no JSON
    """
    try:
        return json.loads(path.read_text(encoding="utf-8")).get("context", {})
    except FileNotFoundError:
        raise DefinitionError(f"There is no {path}; run this in the project's folder.") from None
    except json.JSONDecodeError as error:
        raise DefinitionError(
            f"{path} is not valid JSON: {error}; mend it and try again."
        ) from None


def resolve(context: Mapping[str, Any], environment: Mapping[str, str]) -> Resolved:
    """Bring all places together and validate the outcome.

    :param context: the CDK context: cdk.json's, with ``-c key=value`` laid over it
    :param environment: the process's environment
    :raises DefinitionError: a key is unknown or a value is wrong; one sentence for each
    """
    given = _given(context, environment)
    unknown = sorted(set(given) - set(Settings.model_fields))
    if unknown:
        raise DefinitionError(" ".join(_unknown(key, given[key].place) for key in unknown))
    preset = PRESETS.get(str(given["stage"].value), {}) if "stage" in given else {}
    named = {key: Origin(value, f"preset {given['stage'].value}") for key, value in preset.items()}
    named.update(given)
    try:
        settings = Settings.model_validate({key: origin.value for key, origin in named.items()})
    except ValidationError as error:
        raise DefinitionError(_sentences(error, named)) from None
    _agree(settings, environment)
    places = {key: named[key].place if key in named else "default" for key in Settings.model_fields}
    return Resolved(settings, places)


def at_deployment(resolved: Resolved, environment: Mapping[str, str]) -> Resolved:
    """The settings with what only a deployment takes: the region and account to deploy to.

    :param environment: the process's environment
    """
    found, places = {}, dict(resolved.places)
    if resolved.settings.account is None:
        places["account"] = AT_DEPLOYMENT
    if resolved.settings.region is None:
        named = next((name for name in REGION_VARIABLES if environment.get(name)), None)
        found = {"region": environment[named]} if named else {}
        places["region"] = f"{named} in the environment" if named else AT_DEPLOYMENT
    return Resolved(resolved.settings.model_copy(update=found), places)


def _agree(settings: Settings, environment: Mapping[str, str]) -> None:
    """The CLI deploys where the credentials lead; names that say otherwise would mislead."""
    if not environment.get("CDK_DEFAULT_ACCOUNT"):
        return
    for variable, key in _FROM_CLI.items():
        if getattr(settings, key) != environment[variable]:
            raise DefinitionError(
                f"The setting {key} is {getattr(settings, key)}, but the credentials lead to "
                f"{environment[variable]}; change one of them."
            )


def _given(context: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Origin]:
    given: dict[str, Origin] = {}
    # Without credentials the CLI still makes up a region, which must not reach the template.
    if environment.get("CDK_DEFAULT_ACCOUNT"):
        for variable, key in _FROM_CLI.items():
            given[key] = Origin(environment[variable], f"the credentials ({variable})")
    block = context.get(BLOCK, {})
    if not isinstance(block, Mapping):
        raise DefinitionError(f"{BLOCK} in cdk.json is {block!r}; it must be a block of settings.")
    given.update({key: Origin(value, "cdk.json") for key, value in block.items()})
    for variable, value in environment.items():
        if variable.startswith(PREFIX):
            key = variable.removeprefix(PREFIX).lower()
            given[key] = Origin(value, f"{variable} in the environment")
    for key, value in context.items():
        if key != BLOCK and not _is_of_the_cdk(key):
            given[key] = Origin(value, "-c")
    return given


def _is_of_the_cdk(key: str) -> bool:
    return key in _CDK_KEYS or any(sign in key for sign in _CDK_SIGNS)


def _unknown(key: str, place: str) -> str:
    known = ", ".join(sorted(Settings.model_fields))
    return f"There is no setting {key} (from {place}); the settings are {known}."


def _sentences(error: ValidationError, named: Mapping[str, Origin]) -> str:
    return " ".join(_sentence(problem, named) for problem in error.errors())


def _sentence(problem: Mapping[str, Any], named: Mapping[str, Origin]) -> str:
    reason = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:
        return f"The settings do not fit each other: {reason}."
    key = str(problem["loc"][0])
    place = named[key].place if key in named else "default"
    if problem["type"] != "value_error":
        reason = reason[0].lower() + reason[1:]
    return f"The setting {key} cannot be {named[key].value!r} (from {place}): {reason}."
