"""An identity provider on loopback that signs whatever it is asked to sign, good or bad."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def base64url(content):
    content = json.dumps(content).encode() if isinstance(content, dict) else content
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value, length):
    return base64url(value.to_bytes(length, "big"))


class Key:
    """A private key under a name. `algorithm` is one of RS256, ES256 and EdDSA."""

    def __init__(self, kid, algorithm):
        self.kid, self.algorithm = kid, algorithm
        self.private = {
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()

    def jwk(self):
        public = self.private.public_key()
        named = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "RS256":
            numbers = public.public_numbers()
            return named | {"kty": "RSA", "n": number(numbers.n, 256), "e": number(numbers.e, 3)}
        if self.algorithm == "ES256":
            numbers = public.public_numbers()
            return named | {"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}
        return named | {"kty": "OKP", "crv": "Ed25519", "x": base64url(public.public_bytes_raw())}

    def pem(self):
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, kind)

    def sign(self, message):
        if self.algorithm == "RS256":
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "ES256":
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.private.sign(message)

    def token(self, claims, **header):
        """A token with these claims, under the key's own header unless parts of it are given."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | header
        return signed(header, claims, self.sign)


def signed(header, claims, sign):
    message = f"{base64url(header)}.{base64url(claims)}"
    return f"{message}.{base64url(sign(message.encode()))}"


def by_secret(secret):
    return lambda message: hmac.new(secret, message, hashlib.sha256).digest()


class Provider:
    """Publishes `keys`, counts who asks for them, and can be made to fail."""

    def __init__(self, *keys):
        self.keys, self.asked, self.is_down = list(keys), 0, False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                found = provider.answer(self.path)
                body = json.dumps(found or {}).encode()
                self.send_response(200 if found else 503)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if self.is_down:
            return None
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys",
                "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if path == "/keys":
            self.asked += 1
            return {"keys": [key.jwk() for key in self.keys]}
        return None

    def claims(self, name, **more):
        """What a good token of `name` says for the next hour; a claim that is None is left away."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": "weft", "sub": f"id-of-{name}", "preferred_username": name,
            "iat": now, "nbf": now, "exp": now + 3600,
        } | more
        return {claim: value for claim, value in claims.items() if value is not None}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
