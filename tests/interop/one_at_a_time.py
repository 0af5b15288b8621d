"""moto, one request at a time: by itself it looks whether an object is there and then writes it, and lets two creates race."""

import sys
from io import BytesIO
from threading import Lock

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

moto, turn = DomainDispatcherApplication(create_backend_app), Lock()


def answer(environ, begin):
    # Whole before its turn comes, since whoever sends it may stall.
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    with turn:
        return [b"".join(moto(environ | {"wsgi.input": BytesIO(body)}, begin))]


def serve(port, application):
    run_simple("127.0.0.1", port, application, threaded=True)


if __name__ == "__main__":
    serve(int(sys.argv[1]), answer)
