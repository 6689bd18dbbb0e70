"""What may be asked of the box over SSM: one document for each thing, and no other shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import CfnTag
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk_app.names import Names

FOLDER = Path("bootstrap", "documents")
# The longest that Run Command allows: a run is ended by its own rules, not by this clock, and one
# that hangs by the setting stuck_after_hours.
RUN_SECONDS = 172_800
SHORT_SECONDS = 600
DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
LAYER = "(bronze|silver|gold)"


@dataclass(frozen=True)
class Parameter:
    """What a document is told. pattern: of the whole value. default: None: it must be given."""

    description: str
    pattern: str
    default: str | None = None

    def content(self) -> dict[str, str]:
        """As a document has it. The value reaches the script as an environment variable, and is
        never a part of its text."""
        told = {
            "type": "String",
            "description": self.description,
            "allowedPattern": f"^({self.pattern})$",
            "interpolationType": "ENV_VAR",
        }
        return told if self.default is None else {**told, "default": self.default}


RUN_ID = Parameter("the run's id", "[0-9]{8}T[0-9]{6}-[0-9a-f]{6}")
RUN = {
    "RunId": RUN_ID,
    "Layers": Parameter("all, or layers with commas", f"all|{LAYER}(,{LAYER}){{0,2}}", "all"),
    "Rebuild": Parameter("every table anew from landing", "true|false", "false"),
    "From": Parameter("recompute gold from this date, YYYY-MM-DD", f"({DATE})?", ""),
    "To": Parameter("recompute gold to this date, inclusive", f"({DATE})?", ""),
}


class Documents(Construct):
    """The documents ``<lake>-run``, ``-stop``, ``-notebook`` and ``-use``, by their last word."""

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, project: Path,
        tags: Mapping[str, str],
    ) -> None:  # fmt: skip
        """
        :param project: the project's folder, in which the documents' scripts stand
        :param tags: laid on each document
        """
        super().__init__(scope, construct_id)
        self._names, self._project, self._tags = names, project, tags
        self.documents = {
            "run": self._document("run", "begins a run of the lake", RUN, RUN_SECONDS),
            "stop": self._document("stop", "ends a run", {"RunId": RUN_ID}, SHORT_SECONDS),
            "notebook": self._document("notebook", "prints Jupyter's token", {}, SHORT_SECONDS),
            "use": self._document("use", "keeps an idle box on", {}, SHORT_SECONDS),
        }

    def _document(
        self, word: str, description: str, parameters: Mapping[str, Parameter], seconds: int
    ) -> ssm.CfnDocument:
        script = (self._project / FOLDER / f"{word}.sh").read_text(encoding="utf-8")
        return ssm.CfnDocument(
            self,
            word.title(),
            name=self._names.stack(word),
            document_type="Command",
            document_format="JSON",
            target_type="/AWS::EC2::Instance",
            update_method="NewVersion",
            content=content(description, parameters, script, seconds),
            tags=[CfnTag(key=key, value=value) for key, value in self._tags.items()],
        )


def content(
    description: str, parameters: Mapping[str, Parameter], script: str, seconds: int
) -> dict[str, Any]:
    """A document that runs one script.

    :param script: a bash script, which finds parameter X as ``$SSM_X``
    :param seconds: how long it may take
    """
    return {
        "schemaVersion": "2.2",
        "description": description,
        "parameters": {name: parameter.content() for name, parameter in parameters.items()},
        "mainSteps": [
            {
                "action": "aws:runShellScript",
                "name": "script",
                "precondition": {"StringEquals": ["platformType", "Linux"]},
                "inputs": {"timeoutSeconds": str(seconds), "runCommand": script.splitlines()},
            }
        ],
    }
