"""Where a set-up may fetch packages: read off the user's own settings, passwords kept out."""

from __future__ import annotations

from pathlib import Path

import pytest

from podium.workspaces.egress.addresses import may_reach
from podium.workspaces.egress.forward import Origin
from podium.workspaces.egress.sources import sources


def test_without_settings_only_what_the_project_allows_is_in_reach(tmp_path: Path) -> None:
    found = sources({"HOME": str(tmp_path)}, ("git.example.org:443",))
    assert found.hosts == ("git.example.org:443",)
    assert found.private == ()
    assert dict(found.origins) == {}
    assert not {"PIP_INDEX_URL", "UV_DEFAULT_INDEX", "npm_config_registry"} & set(found.env)


def test_an_index_of_the_users_own_takes_the_place_of_the_public_one(tmp_path: Path) -> None:
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").write_text('[[index]]\nurl = "https://uv.example/simple"\ndefault = true\n')
    variables = {
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "https://pip.example:8443/simple",
        "UV_INDEX": "corp=https://more.example/simple",
        "npm_config_registry": "http://npm.example:4873/",
    }
    found = sources(variables)
    assert found.hosts == ("pip.example:8443", "uv.example:443", "more.example:443")
    assert found.private == (*found.hosts, "npm.example:4873")
    assert found.env["UV_DEFAULT_INDEX"] == "https://uv.example/simple"
    assert found.env["UV_INDEX"] == "https://more.example/simple"
    assert found.env["npm_config_registry"] == "http://npm.example:4873/"
    assert found.reach[-1] == "npm.example:4873 (http, to fetch only)"
    assert found.ports == {}


@pytest.mark.parametrize("place", ["url", "netrc"])
def test_an_index_with_a_password_is_asked_from_out_here(tmp_path: Path, place: str) -> None:
    login = "ada:s%40cret@" if place == "url" else ""
    if place == "netrc":
        (tmp_path / ".netrc").write_text("machine pip.example login ada password s@cret\n")
        (tmp_path / ".netrc").chmod(0o600)
    found = sources({"HOME": str(tmp_path), "PIP_INDEX_URL": f"https://{login}pip.example/simple"})
    assert found.env["PIP_INDEX_URL"] == found.env["UV_DEFAULT_INDEX"] == "http://pip.example:443/simple"
    assert found.env["PIP_TRUSTED_HOST"] == "pip.example:443"
    origin = found.origins["pip.example:443"]
    assert (origin.tls, origin.authorization) == (True, "Basic YWRhOnNAY3JldA==")
    assert "cret" not in repr(found) + str(dict(found.env)) + str(found.reach)
    assert "YWRh" not in repr(found) + repr(origin)


@pytest.mark.parametrize("login", ["", "ada:s%40cret@"])
def test_uvs_named_index_is_asked_with_the_password_of_its_address_or_of_its_variables(login: str) -> None:
    variables = {"UV_INDEX_OUR_OWN_1_USERNAME": "ada", "UV_INDEX_OUR_OWN_1_PASSWORD": "s@cret"}
    found = sources({"UV_INDEX": f"our-own.1=https://{login}uv.example/simple", **({} if login else variables)})
    assert found.env["UV_INDEX"] == "http://uv.example:443/simple"
    assert found.origins["uv.example:443"].authorization == "Basic YWRhOnNAY3JldA=="
    assert "cret" not in repr(found) + str(dict(found.env)) + str(found.reach)


def test_npms_scopes_and_tokens_are_found_and_the_tokens_stay(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(
        "registry=https://npm.example/\n@corp:registry=https://corp.example/npm/\n"
        "//corp.example/npm/:_authToken=${CORP_TOKEN}\n"
    )
    found = sources({"HOME": str(tmp_path), "CORP_TOKEN": "npm_secret"})
    assert found.npmrc == "registry=https://npm.example/\n@corp:registry=http://corp.example:443/npm/\n"
    assert found.origins["corp.example:443"].authorization == "Bearer npm_secret"
    assert "npm_secret" not in repr(found)


@pytest.mark.parametrize(
    "text", ["ftp://x.example/", "https://", "file:///srv", "https://[::1", "https://x:99999999/", "nonsense", "${X}"]
)
def test_what_is_no_address_is_left_out(tmp_path: Path, text: str) -> None:
    found = sources({"HOME": str(tmp_path), "PIP_INDEX_URL": text, "npm_config_registry": text})
    assert found.hosts == ()
    assert dict(found.origins) == {}


@pytest.mark.parametrize(
    ("address", "reached"),
    [("10.0.0.5", True), ("100.64.0.1", True), ("127.0.0.1", False), ("::ffff:127.0.0.1", False), ("0.0.0.0", False),
     ("169.254.169.254", False), ("fe80::1", False), ("224.0.0.1", False), ("93.184.216.34", True)],
)  # fmt: skip
def test_an_index_that_the_user_names_may_be_private_but_never_this_machine_or_the_link(
    address: str, reached: bool
) -> None:
    assert may_reach(address, 443, {"pip.example:443"}, private=True) is reached


def test_a_directory_is_not_followed_and_it_is_said_and_a_proxy_is_without_its_password(tmp_path: Path) -> None:
    variables = {
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "file:///srv/my%20wheels",
        "PIP_EXTRA_INDEX_URL": "https://pip.example/simple file:///srv/my%20wheels",
        "https_proxy": "http://ada:hunter2@proxy.example:3128",
    }
    found = sources(variables)
    assert found.hosts == ("pip.example:443",)
    (directory,) = found.unused
    assert "/srv/my wheels" in directory
    assert "[environment] mounts" in directory
    assert found.way.text == "https by proxy.example:3128 (HTTPS_PROXY), with a password"
    assert "proxy.example" not in str(found.env)
    assert "hunter2" not in repr(found)
    assert sources({"HOME": str(tmp_path)}).unused == ()


def test_links_of_an_index_to_itself_lead_where_its_password_is_added() -> None:
    usual = Origin(host="pip.example", port=443, tls=True, authorization="Basic x")
    others = b" https://pip.example.evil/ https://pip.example:8443/ http://pip.example/"
    page = b'<a href="https://pip.example/f/a.whl"> "https://PIP.example:443/b"' + others
    assert usual.relinked(page) == b'<a href="http://pip.example:443/f/a.whl"> "http://pip.example:443/b"' + others
    assert Origin(host="::1", port=8443, tls=True).relinked(b"https://[::1]:8443/a") == b"http://[::1]:8443/a"
    assert Origin(host="pip.example", port=80).relinked(page) == page
