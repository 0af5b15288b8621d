"""Git repositories of a folder behind a port, as git itself serves them: by its daemon, and over HTTP."""

import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from weft import free_port, until

# What a client asks over HTTP, as a program behind a web server is told of it.
NAMED = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length", "GIT_PROTOCOL": "git-protocol"}


@contextmanager
def daemon(folder):
    """Gives the port of a `git daemon`."""
    port = free_port()
    flags = ["--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}"]
    process = subprocess.Popen(["git", "daemon", *flags, str(folder)], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        repository = next(path.name for path in folder.iterdir() if (path / ".git").is_dir())
        ask = ["git", "ls-remote", f"git://127.0.0.1:{port}/{repository}"]
        until(lambda: subprocess.run(ask, capture_output=True).returncode == 0, "git daemon answers", every=0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def http(folder):
    """Gives the port of a web server with `git http-backend` behind it."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            told = {name: self.headers[header] for name, header in NAMED.items() if self.headers[header]}
            told |= {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1"}
            told |= {"GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1"}
            done = subprocess.run(["git", "http-backend"], input=body, env=os.environ | told, stdout=subprocess.PIPE)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = [line.split(": ", 1) for line in head.decode().split("\r\n")]
            status = next((value for name, value in headers if name == "Status"), "200 OK")
            self.send_response(int(status.split()[0]))
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            try:
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                # Who gave up does not wait for it.
                pass

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


HOSTS = {"git": daemon, "http": http}
