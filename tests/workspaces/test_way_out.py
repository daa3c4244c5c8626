"""Podium goes out by the proxy that the user's environment names, and its password stays with Podium."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from company_proxy import CompanyProxy
from gateway_bench import KEY, Served
from provider_double import ProviderDouble, certificate
from test_egress_proxy import Proxied

from podium.evidence.redaction import Redactor
from podium.workspaces.egress.way_out import handed_on, received, way_out

NAME = "models.corp.example"
LOGIN = "ada:hunter2-and-more"


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server of that name, and the company's certificates."""
    return certificate(tmp_path_factory.mktemp("company"), f"DNS:{NAME}")


@pytest.fixture
def provider(secure: tuple[ssl.SSLContext, str]) -> Iterator[ProviderDouble]:
    with ProviderDouble(context=secure[0]) as server:
        yield server


def port_of(server: ProviderDouble) -> int:
    return int(server.url.rpartition(":")[2])


def variables(proxy: CompanyProxy, login: str = LOGIN, **more: str) -> dict[str, str]:
    return {"HTTPS_PROXY": f"http://{login}@127.0.0.1:{proxy.port}" if login else f"127.0.0.1:{proxy.port}", **more}


@pytest.mark.parametrize("trust", ["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])
def test_a_model_is_reached_by_the_proxy_and_checked_by_the_certificates_of_the_company(
    provider: ProviderDouble, secure: tuple[ssl.SSLContext, str], trust: str
) -> None:
    with CompanyProxy({f"{NAME}:443": port_of(provider)}, LOGIN) as proxy:
        secrets = {"THE_KEY": KEY, **handed_on(variables(proxy, **{trust: secure[1]}))}
        with Served(f"https://{NAME}", secrets=secrets) as gateway:
            status, _, _ = gateway.ask("/v1/messages", {"model": "m"})
        assert (status, proxy.asked) == (200, [f"{NAME}:443"])
    assert KEY.encode() in provider.heads[0]
    assert b"Proxy-Authorization" not in provider.heads[0].title()


def test_a_far_side_that_the_company_does_not_vouch_for_is_not_spoken_to(provider: ProviderDouble) -> None:
    with CompanyProxy({f"{NAME}:443": port_of(provider)}, LOGIN) as proxy:
        with Served(f"https://{NAME}", secrets={"THE_KEY": KEY, **handed_on(variables(proxy))}) as gateway:
            status, _, said = gateway.ask("/v1/messages", {"model": "m"})
        assert status == 502
        assert "certificate" in said
    assert provider.heads == []


@pytest.mark.parametrize(
    ("login", "needs", "refusal", "told"),
    [
        ("ada:not-that-one", LOGIN, b"", "refuses the user and password that it names (407)"),
        ("", LOGIN, b"", "wants a user and a password (407)"),
        (LOGIN, LOGIN, b"HTTP/1.1 403 Forbidden", f"does not allow {NAME}:443 (403)"),
        (LOGIN, "", b"HTTP/1.1 503 hunter2-and-more", f"cannot connect to {NAME}:443 (503)"),
        (LOGIN, "", b"SSH-2.0-x", "does not speak http"),
    ],
)
def test_a_proxy_that_refuses_is_named_without_its_password(login: str, needs: str, refusal: bytes, told: str) -> None:
    with CompanyProxy({}, needs, refusal) as proxy:
        with Served(f"https://{NAME}", secrets={"THE_KEY": KEY, **handed_on(variables(proxy, login))}) as gateway:
            status, _, said = gateway.ask("/v1/messages", {"model": "m"})
        assert status == 502
        assert f"the proxy 127.0.0.1:{proxy.port} (HTTPS_PROXY) {told}" in said
        for word in (LOGIN.partition(":")[2], "not-that-one"):
            assert word not in said + gateway.porter.taps[0].error


def test_a_proxy_that_is_not_there_is_named() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{nobody.getsockname()[1]}"
        secrets = {"THE_KEY": KEY, **handed_on({"https_proxy": f"http://{LOGIN}@{where}"})}
        with Served(f"https://{NAME}", secrets=secrets) as gateway:
            _, _, said = gateway.ask("/v1/messages", {"model": "m"})
    assert f"the proxy {where} (HTTPS_PROXY) cannot be reached: " in said
    assert "hunter2" not in said


def test_an_allowed_host_is_reached_by_the_proxy_and_no_other(
    provider: ProviderDouble, secure: tuple[ssl.SSLContext, str]
) -> None:
    known = {f"{NAME}:443": port_of(provider), "other.example:443": port_of(provider), "2130706433:443": 1}
    with CompanyProxy(known, LOGIN) as company:
        way = way_out(variables(company))
        with Proxied(f"{NAME}:443", "10.1.2.3:443", "2130706433:443", "169.254.169.254:443", way=way) as proxy:
            connection, line = proxy.connect(f"{NAME}:443")
            assert line == b"HTTP/1.1 200 Connection established"
            context = ssl.create_default_context(cafile=secure[1])
            with context.wrap_socket(connection, server_hostname=NAME) as talk:
                talk.sendall(f"GET /x HTTP/1.1\r\nhost: {NAME}\r\n\r\n".encode())
                assert talk.recv(15) == b"HTTP/1.1 200 OK"
            for where in ("other.example:443", "2130706433:443", "169.254.169.254:443"):
                refused, line = proxy.connect(where)
                refused.close()
                assert line == b"HTTP/1.1 403 Forbidden", where
            refused, line = proxy.connect("10.1.2.3:443")  # named by itself: it is the company's proxy that refuses
            refused.close()
            assert line == b"HTTP/1.1 502 Bad Gateway"
        assert company.asked == [f"{NAME}:443", "10.1.2.3:443"]


def test_what_no_proxy_names_and_this_machine_are_reached_directly() -> None:
    way = way_out(
        {
            "ALL_PROXY": "proxy.example:8080",
            "NO_PROXY": "corp.example, .intern, other.example:8443 10.0.0.0/8,fd00::1,*.star.example",
        }
    )
    direct = ["corp.example", "a.b.corp.example", "X.INTERN.", "10.9.8.7", "fd00::1", "[fd00::1]", "a.star.example"]
    direct += ["localhost", "a.localhost", "127.0.0.1", "127.8.8.8", "::1"]
    assert [host for host in direct if way.hop(host, 443) is not None] == []
    through = ["xcorp.example", "corp.example.org", "other.example", "11.0.0.1", "fd00::2", "proxy.example"]
    assert [host for host in through if way.hop(host, 443) is None] == []
    assert way.hop("other.example", 8443) is None
    found = way.hop("far.example", 80, tls=False)
    assert found is not None
    assert (found.host, found.port, found.variable) == ("proxy.example", 8080, "ALL_PROXY")
    everything = way_out({"HTTPS_PROXY": "http://proxy.example", "no_proxy": "*"})
    assert everything.hop("far.example", 443) is None


def test_a_password_is_a_known_secret_in_every_form_and_the_rest_is_shown() -> None:
    given = {"HTTPS_PROXY": "http://ada:p%40ss-word-1@proxy.example:8080", "NO_PROXY": "intern.example"}
    way, secrets = received({"THE_KEY": KEY, **handed_on({**given, "PATH": "/bin"})})
    assert way == way_out(given)
    redactor = Redactor(secrets)
    for text in ("p@ss-word-1", "p%40ss-word-1", given["HTTPS_PROXY"], "YWRhOnBAc3Mtd29yZC0x"):
        assert "[redacted]" in redactor.text(f"a {text} b")
    assert redactor.text("intern.example proxy.example:8080") == "intern.example proxy.example:8080"
    assert "ss-word-1" not in repr(way) + way.text
    assert way.text == "https by proxy.example:8080 (HTTPS_PROXY), with a password; directly to intern.example"


@pytest.mark.parametrize("text", ["socks5://ada:hunter2@proxy.example:1080", "http://:hunter2@/", "http://p:hunter2x"])
def test_a_variable_that_names_no_http_proxy_is_told_without_its_text(text: str) -> None:
    way = way_out({"HTTPS_PROXY": text})
    assert (way.https, way.text) == (None, "")
    assert way.faults == ("HTTPS_PROXY is no address of an http proxy; Podium connects directly",)


def test_plain_addresses_of_this_machine_go_directly_even_with_a_proxy(tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path, "IP:127.0.0.1")
    with ProviderDouble(context=context) as server, CompanyProxy({}) as company:
        secrets = {"THE_KEY": KEY, **handed_on(variables(company, SSL_CERT_FILE=trusted))}
        with Served(server.url, secrets=secrets) as gateway:
            assert gateway.ask("/v1/messages", {"model": "m"})[0] == 200
        assert company.asked == []
