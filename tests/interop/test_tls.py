"""Doors with TLS, and clients that must show a certificate."""

import datetime
import ipaddress
import ssl
import urllib.request

import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow.flight as fl
import pytest
from adbc_driver_flightsql import DatabaseOptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from flight import fetch, refusal, rows
from weft import Configured, Repository, command, configuration, until

ONE = "select 1 as one"


class Authority:
    """Vouches for certificates; its own is in `ca.pem` of a folder."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"authority {folder.name}")])
        certificate = self._signed(self.name, self.key, x509.BasicConstraints(ca=True, path_length=0))
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        (folder / "ca.pem").write_bytes(self.pem)

    def issue(self):
        """A certificate for loopback and its key, in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        places = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        certificate = self._signed(name, key, x509.SubjectAlternativeName(places))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificate.public_bytes(serialization.Encoding.PEM), private

    def _signed(self, name, key, extension):
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        builder = x509.CertificateBuilder(self.name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        return builder.add_extension(extension, critical=True).sign(self.key, hashes.SHA256())


class Secure:
    """A mesh whose doors have TLS; clients must be vouched for by `clients` if it is given."""

    def __init__(self, folder, clients=None):
        self.folder, self.authority = folder, Authority(folder / "server")
        Repository(folder / "mesh")
        self.replace(*self.authority.issue())
        lines = ["[tls]", f'certificate = "{folder / "certificate.pem"}"', f'key = "{folder / "key.pem"}"']
        if clients:
            lines.append(f'client_ca = "{clients.folder / "ca.pem"}"')
        self.server = Configured(configuration(folder, *lines), folder / "home").ready()
        self.token = self.server.token("ana")

    def replace(self, certificate, key):
        (self.folder / "certificate.pem").write_bytes(certificate)
        (self.folder / "key.pem").write_bytes(key)

    def adbc(self, roots=None, shown=None):
        options = {
            DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {self.token}",
            DatabaseOptions.TLS_ROOT_CERTS.value: (roots or self.authority.pem).decode(),
        }
        if shown:
            options[DatabaseOptions.MTLS_CERT_CHAIN.value] = shown[0].decode()
            options[DatabaseOptions.MTLS_PRIVATE_KEY.value] = shown[1].decode()
        return flight_sql.connect(self.server.flight, db_kwargs=options, autocommit=True)

    def served_certificate(self):
        host, port = self.server.flight.removeprefix("grpc+tls://").split(":")
        return ssl.get_server_certificate((host, int(port)))


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    secure = Secure(tmp_path_factory.mktemp("secure"))
    with secure.server:
        yield secure


def test_every_door_says_that_it_is_secure(secure):
    assert secure.server.http.startswith("https://")
    assert secure.server.flight.startswith("grpc+tls://")


def test_adbc_asks_over_tls_and_trusts_nobody_else(secure, tmp_path):
    with secure.adbc() as connection:
        assert rows(connection, ONE) == [{"one": 1}]
    stranger = Authority(tmp_path / "stranger")
    refusal(lambda: rows(secure.adbc(roots=stranger.pem), ONE))


def test_pyarrow_asks_over_tls(secure):
    with fl.connect(secure.server.flight, tls_root_certs=secure.authority.pem) as client:
        bearer = client.authenticate_basic_token("ana", secure.token)
        table = fetch(client, "select * from aviation.flights.departures", bearer)
        assert table.num_rows == 336_776


def test_the_command_line_asks_over_tls(secure):
    trusting = {"SSL_CERT_FILE": str(secure.authority.folder / "ca.pem")}
    done = command("query", "--as", "ana", ONE, "--format", "csv", home=secure.server.home, env=trusting)
    assert (done.returncode, done.stdout) == (0, "one\n1\n"), done.stderr
    done = command("query", "--as", "ana", ONE, home=secure.server.home)
    assert done.returncode == 6, "whom this machine does not trust is not asked"


def test_rest_is_answered_over_tls_alone(secure):
    context = ssl.create_default_context(cadata=secure.authority.pem.decode())
    with urllib.request.urlopen(f"{secure.server.http}/health/ready", context=context) as answer:
        assert answer.status == 200
    plain = secure.server.http.replace("https://", "http://")
    with pytest.raises(Exception):
        urllib.request.urlopen(f"{plain}/health/ready", timeout=20)
    with pytest.raises(fl.FlightError):
        fl.connect(secure.server.flight.replace("grpc+tls", "grpc")).get_flight_info(fl.FlightDescriptor.for_command(b""))


def test_a_new_certificate_comes_into_force_and_a_bad_one_does_not(secure):
    before = secure.served_certificate()
    with secure.adbc() as connection:
        (secure.folder / "certificate.pem").write_text("this is no certificate")
        log = secure.server.home / "logs"
        until(lambda: any("W0910" in file.read_text() for file in log.iterdir()), "the log tells of the bad file")
        assert secure.served_certificate() == before
        secure.replace(*secure.authority.issue())
        until(lambda: secure.served_certificate() != before, "the new certificate is shown")
        assert rows(connection, ONE) == [{"one": 1}], "connections that were there go on"
    with secure.adbc() as connection:
        assert rows(connection, ONE) == [{"one": 1}]


def test_clients_without_a_certificate_that_is_vouched_for_are_not_let_in(tmp_path):
    clients, stranger = Authority(tmp_path / "clients"), Authority(tmp_path / "stranger")
    (tmp_path / "mutual").mkdir()
    secure = Secure(tmp_path / "mutual", clients)
    with secure.server:
        with secure.adbc(shown=clients.issue()) as connection:
            assert rows(connection, ONE) == [{"one": 1}]
        refusal(lambda: rows(secure.adbc(shown=stranger.issue()), ONE))
        refusal(lambda: rows(secure.adbc(), ONE))


def test_files_of_no_use_are_named_at_the_start(tmp_path):
    Repository(tmp_path / "mesh")
    config = tmp_path / "weft.toml"
    config.write_text(f'mesh = "{tmp_path / "mesh"}"\nhome = "{tmp_path / "home"}"\n[tls]\ncertificate = "none.pem"\nkey = "none.pem"\n')
    done = command("serve", "--config", config)
    assert done.returncode == 1
    assert "W0910" in done.stderr and "none.pem" in done.stderr
