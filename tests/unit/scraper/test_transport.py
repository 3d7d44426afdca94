"""Whom a connection trusts: the certificates that the environment names, as requests does."""

from pathlib import Path

import certifi
import pytest

from scraper.transport import Transport
from storage.errors import BadInput

SITE = "https://board.example"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_the_environment_names_are_trusted(
    make_config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
):
    for known in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(known, raising=False)
    usual = Transport(SITE, make_config(SITE))
    assert usual._straight.ca_certs == certifi.where()
    ours = tmp_path / "ours.pem"
    ours.write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setenv(variable, str(ours))
    named = Transport(SITE, make_config(SITE))
    assert (named._straight.ca_certs, named._straight.cert_reqs) == (str(ours), "CERT_REQUIRED")
    monkeypatch.setenv(variable, str(tmp_path / "typo.pem"))
    with pytest.raises(BadInput, match=r"typo.pem: holds no certificates; REQUESTS_CA_BUNDLE or"):
        Transport(SITE, make_config(SITE))
