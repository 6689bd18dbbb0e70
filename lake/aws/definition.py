"""The lake definition that the box runs: the one it was deployed with, and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import DefinitionError
from jobs.load import load
from lake.aws.lake import AwsLake
from lake.setup import PROJECT

# Where the box's stack writes it, below the lake's own name.
PATH = "box/definition"
CHANGE = '`make deploy args="-c definition=FOLDER"` gives it another'


@dataclass(frozen=True)
class Deployed:
    """What the box's lake is made of.

    :param sources: {source: its folder in the landing zone}
    :param folder: the setting ``definition`` as it was deployed; "" for the retail lake
    """

    sources: Mapping[str, str]
    folder: str

    @property
    def here(self) -> str:
        """Where that folder is on the machine that deployed it; "" for the retail lake."""
        return str(PROJECT / Path(self.folder).expanduser()) if self.folder else ""

    @property
    def words(self) -> str:
        """Which definition it is, for a sentence."""
        return f"the lake definition {self.folder}" if self.folder else "the retail lake"

    def refuse_another(self, definition: str) -> None:
        """
        :param definition: the folder that was said, or ""
        :raises DefinitionError: it is not the one that was deployed
        """
        said = str(Path(definition).expanduser().absolute()) if definition else self.here
        if said != self.here:
            raise DefinitionError(
                f"The box runs what it was deployed with, {self.words}, and not {definition}: "
                f"leave --definition (or LAKE_DEFINITION) out; {CHANGE}."
            )


def deployed(lake: AwsLake) -> Deployed | None:
    """What the lake's box was deployed with; None where no box says so."""
    told = lake.names.get(PATH)
    return Deployed(**json.loads(told)) if told else None


def landing_folder(lake: AwsLake, definition: str, source: str) -> str:
    """The folder in the landing zone of a source that the lake's box reads; of one that the
    definition here has, where the lake is deployed without a box.

    :param definition: the folder that was said, or ""
    :raises DefinitionError: there is no such source, or another definition was said
    """
    if "box/group" in lake.names:
        lake.find(PATH)
    box = deployed(lake)
    if box is None:
        folders = {name: found.landing for name, found in load(definition).sources.items()}
        words, change = definition or "the retail lake", ""
    else:
        box.refuse_another(definition)
        folders, words, change = dict(box.sources), box.words, f" {CHANGE}."
    if source not in folders:
        raise DefinitionError(
            f"There is no source {source}: there are {', '.join(sorted(folders))} in {words}."
            f"{change}"
        )
    return folders[source]
