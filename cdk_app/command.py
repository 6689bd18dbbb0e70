"""The command line of the infrastructure: reads argv, environment and context once."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from cdk_app import show
from cdk_app.cdk import PROJECT, environment
from cdk_app.origins import Resolved, at_deployment, read_cdk_json, resolve
from jobs.errors import DefinitionError, LakeError


def main(argv: Sequence[str]) -> int:
    """Run one command; without any, synthesise as the CDK CLI expects.

    :param argv: the arguments, without the program's name
    :returns: the exit status; an error is one sentence on stderr
    """
    try:
        arguments = _parser().parse_args(argv)
        context = _context(arguments.context)
        return arguments.do(resolve(context, os.environ), context, arguments)
    except LakeError as error:
        print(error, file=sys.stderr)
        return error.exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cdk_app", description=__doc__)
    parser.set_defaults(do=_synth, context=[])
    commands = parser.add_subparsers(metavar="command")
    for name, do, text in (
        ("settings", _settings, "print every setting, its value and where that came from"),
        ("deploy", _deploy, "build the lake, or bring it up to date"),
        ("destroy", _destroy, "end the lake, and prove that nothing is left"),
        ("image", _image, "make the box's image here and keep it in the lake's registry"),
        ("documents", _documents, "renew the generated parts of README.md and docs/aws.md"),
        ("leftovers", _leftovers, "look for whatever of the lake is still there"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(do=do)
        command.add_argument(
            "-c", "--context", action="append", default=[], metavar="key=value", help="a setting"
        )
        if name == "destroy":
            command.add_argument("--delete-data", action="store_true", help="delete kept buckets")
            command.add_argument(
                "--confirm", metavar="NAME", help="the lake's name, instead of asking"
            )
    return parser


def _context(pairs: Sequence[str]) -> dict[str, Any]:
    from_cli = os.environ.get("CDK_CONTEXT_JSON")
    context = json.loads(from_cli) if from_cli else read_cdk_json(PROJECT / "cdk.json")
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise DefinitionError(f"-c {pair} is no setting; write -c key=value.")
        context[key] = value
    return context


def _synth(resolved: Resolved, context: Mapping[str, Any], _: argparse.Namespace) -> int:
    os.environ.update(environment(os.environ))  # before the import, which starts Node
    from cdk_app.app import build

    _refuse_broken_definition(resolved)
    outdir = os.environ.get("CDK_OUTDIR", str(PROJECT / "cdk.out"))
    build(resolved.settings, context=context, outdir=outdir).synth()
    return 0


def _settings(resolved: Resolved, _: Mapping[str, Any], __: argparse.Namespace) -> int:
    print(show.table(at_deployment(resolved, os.environ)))
    return 0


def _documents(_: Resolved, context: Mapping[str, Any], __: argparse.Namespace) -> int:
    os.environ.update(environment(os.environ))  # before the import, which starts Node
    from cdk_app import documents

    parts = documents.blocks(documents.templates(context))
    for document in documents.PLACES:
        path = PROJECT / document
        filled = documents.fill(path.read_text(encoding="utf-8"), parts, document)
        path.write_text(filled, encoding="utf-8")
    return 0


def _deploy(resolved: Resolved, _: Mapping[str, Any], arguments: argparse.Namespace) -> int:
    from cdk_app import aws, deploy

    _refuse_broken_definition(resolved)
    with aws.told_plainly():
        return deploy.deploy(resolved.settings, _passed_on(arguments))


def _image(resolved: Resolved, _: Mapping[str, Any], __: argparse.Namespace) -> int:
    from cdk_app import aws, image

    with aws.told_plainly():
        image.image(resolved.settings)
    return 0


def _destroy(resolved: Resolved, _: Mapping[str, Any], arguments: argparse.Namespace) -> int:
    from cdk_app import aws
    from cdk_app.teardown import destroy

    choice = destroy.Choice(arguments.delete_data, arguments.confirm)
    with aws.told_plainly():
        return destroy.destroy(resolved.settings, _passed_on(arguments), choice)


def _leftovers(resolved: Resolved, _: Mapping[str, Any], __: argparse.Namespace) -> int:
    from cdk_app import aws
    from cdk_app.teardown import destroy

    with aws.told_plainly():
        return destroy.prove(resolved.settings, keep=resolved.settings.on_destroy == "keep")


def _refuse_broken_definition(resolved: Resolved) -> None:
    from cdk_app import definition

    definition.refuse_broken(resolved.settings.definition, resolved.places["definition"])


def _passed_on(arguments: argparse.Namespace) -> list[str]:
    return [word for pair in arguments.context for word in ("-c", pair)]
