"""The parts of documents that are made from the code, each between two marks of its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from cdk_app import costs, lifecycle, picture, show
from cdk_app.settings import Settings
from lake.aws.rates import PRICES

DOCUMENT = Path("docs", "aws.md")
# {a document: the parts that it has}
PLACES = {
    DOCUMENT: ("settings", "picture", "lifecycle", "prices", "costs"),
    Path("README.md"): ("settings", "picture", "lifecycle", "costs"),
}
# Any account will do; with one, the names in the templates are plain text.
ACCOUNT, REGION = "123456789012", "eu-west-1"
STACKS = ("Zones", "Foundation", "Box", "Budget")


def blocks(templates: Mapping[str, picture.Template]) -> dict[str, str]:
    """Every generated part by its name.

    :param templates: those of :func:`templates`, or equal ones
    """
    ordered = {stack: templates[stack] for stack in STACKS}
    return {
        "settings": show.markdown(),
        "picture": f"```mermaid\n{picture.draw(ordered, f'-{ACCOUNT}-{REGION}')}\n```",
        "lifecycle": lifecycle.markdown(templates["Zones"]),
        "prices": _prices(),
        "costs": _costs(),
    }


def drawn_settings() -> dict[str, object]:
    """The settings whose templates are drawn: the defaults, with everything that is optional."""
    return {
        "account": ACCOUNT,
        "region": REGION,
        "budget_usd": 20,
        "budget_email": "me@example.org",
    }


def templates(context: Mapping[str, object]) -> dict[str, picture.Template]:
    """Synthesise what is drawn.

    :param context: the CDK context, with its feature flags
    """
    from cdk_app.app import build

    with TemporaryDirectory() as folder:
        settings = Settings.model_validate(drawn_settings())
        build(settings, context=context, outdir=folder).synth()
        return {
            path.name.removesuffix(".template.json"): json.loads(path.read_text(encoding="utf-8"))
            for path in Path(folder).glob("*.template.json")
        }


def fill(text: str, parts: Mapping[str, str], document: Path = DOCUMENT) -> str:
    """The document with its generated parts renewed.

    :param text: what the document says by now
    :param parts: every generated part by its name; a document has those of ``PLACES``
    :raises ValueError: a part's marks are not in the document
    """
    for name in PLACES[document]:
        part, start, end = parts[name], f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        if start not in text or end not in text:
            raise ValueError(f"{document} has no marks {start.strip()} and {end.strip()}")
        before, rest = text.split(start, 1)
        text = before + start + part + end + rest.split(end, 1)[1]
    return text


def _prices() -> str:
    lines = ["| what | US dollars | for one | read from |", "|---|---|---|---|"]
    lines += [f"| {p.what} | {p.usd:g} | {p.unit} | {p.source} |" for p in PRICES]
    return "\n".join(lines)


def _costs() -> str:
    counted = [costs.parts(use, Settings.model_validate({})) for use in costs.USES]
    names = [use.name for use in costs.USES]
    lines = [f"| US dollars a month | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for part in counted[0]:
        lines.append(f"| {part} | {' | '.join(f'{column[part]:.2f}' for column in counted)} |")
    totals = " | ".join(f"**{sum(column.values()):.2f}**" for column in counted)
    return "\n".join([*lines, f"| **together** | {totals} |"])
