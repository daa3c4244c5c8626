"""What a gateway is told: plain data that travels in the supervisor's order."""

from __future__ import annotations

import msgspec

from podium.kernel.value import Value
from podium.project.model import Price, ProviderKind
from podium.workspaces.gateway import kinds
from podium.workspaces.gateway.credentials import KeyPlace


class GatewayOrder(Value, frozen=True, kw_only=True):
    """Which provider stands behind a sandbox's gateway. Holds no key: only where one is."""

    name: str  # the provider's, in the settings
    kind: ProviderKind
    url: str
    key: KeyPlace
    port: int = kinds.PORT
    ca_file: str = ""
    prices: dict[str, Price] = msgspec.field(default_factory=dict[str, Price])  # before Podium's own list

    @property
    def seen_url(self) -> str:
        """Where the agent finds it."""
        return f"http://127.0.0.1:{self.port}"
