"""What a person or `lake` needs to find: an SSM parameter, and a stack output, for each name."""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk_app.names import Names


class Discovery(Construct):
    """The names that one stack makes known under ``/<lake>/``."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        """
        :param names: the lake's names; the parameters are laid below its own path
        """
        super().__init__(scope, construct_id)
        self._names = names

    def tell(self, path: str, value: str, description: str) -> None:
        """Publish one value.

        :param path: the parameter's path below the lake's, such as ``box/role``
        :param value: the value, or the token that stands for it
        :param description: what the value is, in a few words
        """
        self._publish(path, value, description)
        logical = _logical(path)
        CfnOutput(
            self, f"{logical}Output", value=value, description=description
        ).override_logical_id(logical)

    def keep(self, path: str, value: str, description: str) -> None:
        """Publish a value that may be long as :meth:`tell` does, without an output of the stack."""
        # SSM charges for a value of more than 4 KB alone. Always, whatever the length: a value that
        # became long and then short again cannot go back to the standard tier.
        self._publish(path, value, description, ssm.ParameterTier.INTELLIGENT_TIERING)

    def _publish(
        self, path: str, value: str, description: str, tier: ssm.ParameterTier | None = None
    ) -> None:
        ssm.StringParameter(
            self,
            _logical(path),
            parameter_name=self._names.parameter(path),
            string_value=value,
            description=description,
            tier=tier,
        )

    def tell_list(self, path: str, values: list[str], description: str) -> None:
        """Publish a list of values, as :meth:`tell` does one."""
        ssm.StringListParameter(
            self,
            _logical(path),
            parameter_name=self._names.parameter(path),
            string_list_value=values,
            description=description,
        )


def _logical(path: str) -> str:
    return "".join(word.title() for word in path.replace("-", "/").split("/"))
