"""Bare names: `prefect deployment run full-pipeline` finds the one deployment of that name.

Prefect wants FLOW/DEPLOYMENT and refuses anything else before it asks the server, so this plugin
(loaded by Prefect through the entry point `prefect.plugins`) teaches its client to look it up.
"""

import sys

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.responses import DeploymentResponse
from prefect.plugins import HookContext, SetupResult, register_hook

PREFECT_PLUGIN_API_REQUIRES = ">=0.1,<1"


@register_hook
def setup_environment(*, ctx: HookContext) -> SetupResult | None:  # noqa: ARG001 - Prefect's name
    """Teach the client, in `prefect deployment run` alone: workers and runs stay untouched."""
    if sys.argv[1:3] == ["deployment", "run"]:
        teach_bare_names()
    return None


def teach_bare_names() -> None:
    """Let the client read a deployment by its bare name; a full name goes the usual way."""
    by_full_name = PrefectClient.read_deployment_by_name

    async def read_deployment_by_name(client: PrefectClient, name: str) -> DeploymentResponse:
        if "/" in name:
            return await by_full_name(client, name)
        found = await client.read_deployments(
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name]))
        )
        full_names = [
            f"{(await client.read_flow(deployment.flow_id)).name}/{deployment.name}"
            for deployment in found
        ]
        if not found:
            sys.exit(f"No deployment is named {name!r}; see `prefect deployment ls`.")
        if len(found) > 1 and f"{name}/{name}" not in full_names:
            sys.exit(f"{name!r} is ambiguous; say one of: {', '.join(full_names)}.")
        return await by_full_name(client, full_names[0] if len(found) == 1 else f"{name}/{name}")

    PrefectClient.read_deployment_by_name = read_deployment_by_name  # type: ignore[method-assign, assignment]
