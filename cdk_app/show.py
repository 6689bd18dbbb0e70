"""The settings as a person reads them: in force, and as the documents' table."""

from __future__ import annotations

from cdk_app.origins import Resolved
from cdk_app.settings import PRESETS, Settings


def table(resolved: Resolved) -> str:
    """One line a setting: its name, its value in force, and where that value came from."""
    values = {key: text(value) for key, value in resolved.settings}
    wide = max(map(len, values)), max(map(len, values.values()))
    return "\n".join(
        f"{key:<{wide[0]}}  {value:<{wide[1]}}  {resolved.places[key]}"
        for key, value in values.items()
    )


def markdown() -> str:
    """Every setting with its default, its value in prod where that differs, and its meaning."""
    lines = ["| setting | default | in prod | what it is |", "|---|---|---|---|"]
    for key, field in Settings.model_fields.items():
        preset = PRESETS["prod"].get(key)
        prod = f"`{text(preset)}`" if preset is not None else ""
        lines.append(f"| `{key}` | `{text(field.default)}` | {prod} | {field.description} |")
    return "\n".join(lines)


def text(value: object) -> str:
    """A value as it can be given back: lists with commas, nothing as none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)
