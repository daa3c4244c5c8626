"""Which model provider stands behind an agent, and where its key is: from the settings, and from what is usual."""

from __future__ import annotations

from collections.abc import Mapping

from podium.kernel.errors import UsageError
from podium.kernel.value import Value
from podium.project.model import AgentSettings, Provider, ProviderKind, Settings
from podium.project.providers import KINDS as KIND_NAMES
from podium.project.providers import NONE, base_url
from podium.workspaces.gateway.credentials import CHATGPT, NoKeyError, find, is_chatgpt, read
from podium.workspaces.gateway.kinds import KINDS, usual_kind
from podium.workspaces.gateway.order import GatewayOrder


class NoKey(Value, frozen=True, kw_only=True):
    """An agent has a provider, but no key for it is anywhere."""

    provider: Provider

    @property
    def what(self) -> str:
        """In words."""
        return f"there is no key for {KINDS[self.provider.kind].title}"

    @property
    def do(self) -> str:
        """What a person can do."""
        kind = KINDS[self.provider.kind]
        own = {"anthropic": ", sign in with claude", "openai": ", sign in with codex"}.get(self.provider.kind, "")
        return (
            f"Set {kind.key_env[0]} and start the conductor anew{own}, or name a file: "
            f"[providers.{self.provider.name}] key_file = ..."
        )


def provider_of(settings: Settings, agent: AgentSettings) -> Provider | None:
    """The provider of an agent's model; None when it has none that Podium knows."""
    if agent.provider == NONE:
        return None
    wanted = agent.provider or usual_kind(agent.driver, agent.command)
    if wanted is None:
        return None
    for each in settings.providers:
        if each.name == wanted:
            return each
    if wanted in KIND_NAMES:
        kind: ProviderKind = wanted  # pyright: ignore[reportAssignmentType]
        return Provider(name=wanted, kind=kind)
    raise UsageError(f"no provider is called {wanted}", where="podium.toml", do=f"Add a table [providers.{wanted}].")


def gateway_of(settings: Settings, agent: AgentSettings, environ: Mapping[str, str]) -> GatewayOrder | NoKey | None:
    """What the gateway of an agent's sandbox is told; None when the agent has no provider that Podium knows."""
    provider = provider_of(settings, agent)
    if provider is None:
        return None
    kind = KINDS[provider.kind]
    key = find(
        provider.kind,
        key_env=provider.key_env,
        key_file=provider.key_file,
        sign_in=provider.sign_in and not provider.url,
        environ=environ,
    )
    if key is None:
        return NoKey(provider=provider)
    url = provider.url or _own_url(environ.get(kind.url_env, "")) or (CHATGPT if is_chatgpt(key) else kind.url)
    if key.sign_in and url not in (kind.url, CHATGPT):
        return NoKey(provider=provider)  # a sign-in is shown to nobody but the provider that gave it
    return GatewayOrder(
        name=provider.name,
        kind=provider.kind,
        url=url,
        key=key,
        ca_file=provider.ca_file,
        prices=settings.prices,
    )


def missing_key(settings: Settings, agent: AgentSettings, environ: Mapping[str, str]) -> str:
    """That there is no key for an agent's model now, and what to do; empty when there is one, or none is needed."""
    found = gateway_of(settings, agent, environ)
    if found is None:
        return ""
    if isinstance(found, NoKey):
        # Where the project opens ways of its own, the agent may know one.
        return f"{found.what}. {found.do}" if agent.provider or not settings.network else ""
    try:
        read(found.kind, found.key, environ)
    except NoKeyError as error:
        return f"there is no key for {found.name}: {error}"
    return ""


def _own_url(text: str) -> str:
    """The address that the provider's own programs would use here, by their variable; empty when it is none."""
    try:
        return base_url(text) if text else ""
    except ValueError:
        return ""
