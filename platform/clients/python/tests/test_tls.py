"""Encrypted doors, and servers that nobody vouches for."""

import subprocess

import pytest

import weft
from conftest import TOKEN
from fake import Mesh, Quick


def certificate(folder, name):
    """A certificate for loopback that vouches for itself, and its key."""
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]]
    subprocess.run(command, check=True, capture_output=True)
    return paths


def ask(mesh, **tls):
    return weft.connect(mesh.uri, token=TOKEN, tls=weft.Tls(**tls), retry=Quick(attempts=2)).stream("SELECT 1", endpoints=2)


def test_a_server_is_believed_that_is_vouched_for(tmp_path):
    (own, key), (other, _) = certificate(tmp_path, "own"), certificate(tmp_path, "other")
    with Mesh(TOKEN, "grpc+tls://127.0.0.1:0", tls_certificates=[(own.read_bytes(), key.read_bytes())]) as mesh:
        assert ask(mesh, root_certificates=own).to_arrow().sort_by("id").equals(mesh.table)
        for tls in ({}, {"root_certificates": other}):
            with pytest.raises(weft.UnavailableError):
                ask(mesh, **tls)
        assert ask(mesh, verify=False).to_arrow().num_rows == mesh.table.num_rows


def test_a_server_may_ask_for_a_certificate(tmp_path):
    (own, key), (client, client_key) = certificate(tmp_path, "own"), certificate(tmp_path, "client")
    checks = {"verify_client": True, "root_certificates": client.read_bytes()}
    with Mesh(TOKEN, "grpc+tls://127.0.0.1:0", tls_certificates=[(own.read_bytes(), key.read_bytes())], **checks) as mesh:
        shown = {"client_certificate": client, "client_key": client_key}
        assert ask(mesh, root_certificates=own, **shown).to_arrow().num_rows == mesh.table.num_rows
        with pytest.raises(weft.UnavailableError):
            ask(mesh, root_certificates=own)
