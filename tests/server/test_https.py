"""The web server with a certificate of its own."""

from __future__ import annotations

import datetime
import http.client
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.server.site import Site, serving
from tradewind.server.listening import Certificate, CertificateUnusable
from tradewind.services.users import create_user


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """For 127.0.0.1, signed by itself, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tradewind")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificate(str(cert_file), str(key_file))


def test_with_a_certificate_everything_is_https_and_cookies_stay_there(site: Site, certificate: Certificate) -> None:
    names = {"username": "ada", "email": "ada@example.com", "first_name": "A", "last_name": "L"}
    create_user(site.services, **names, password="a long password", roles=["Viewer"])
    with serving(site, certificate) as url:
        assert url.startswith("https://127.0.0.1:")
        trusted = ssl.create_default_context(cafile=certificate.cert)
        there = http.client.HTTPSConnection(urlsplit(url).netloc, context=trusted, timeout=30)
        there.request("GET", "/health")
        assert there.getresponse().read()
        body = '{"username": "ada", "password": "a long password"}'
        there.request("POST", "/ui/session", body, {"Content-Type": "application/json"})
        answer = there.getresponse()
        answer.read()
        cookie = answer.headers["Set-Cookie"]
        assert answer.status == 200 and "; Secure" in cookie and "httponly" in cookie.lower()
        there.close()
        plain = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        with pytest.raises((http.client.HTTPException, OSError)):
            plain.request("GET", "/health")
            plain.getresponse()
        plain.close()


@pytest.mark.parametrize("missing", ["none.pem", "empty.pem"])
def test_a_certificate_that_cannot_be_used_stops_the_server_and_says_why(
    make_site: Callable[..., Site], tmp_path: Path, missing: str
) -> None:
    (tmp_path / "empty.pem").touch()
    site = make_site()
    with (
        pytest.raises(CertificateUnusable, match=r"none\.pem|empty\.pem.*ssl_cert"),
        serving(site, Certificate(str(tmp_path / missing))),
    ):
        pass
