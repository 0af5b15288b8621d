"""S3 servers on this machine."""

import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import boto3

from weft import TARGET, environment, free_port, until

KEY, SECRET, REGION = "S3RVER", "S3RVER", "us-east-1"


class Store:
    def __init__(self, port):
        self.endpoint = f"http://127.0.0.1:{port}"

    @property
    def variables(self):
        """For Weft's environment."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
        }

    @property
    def options(self):
        """For readers of Delta tables."""
        return self.variables | {"AWS_ALLOW_HTTP": "true"}

    def client(self):
        return boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name=REGION
        )

    def answers(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(self.endpoint, timeout=5)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


@contextmanager
def served(command, log):
    """A store that `command(port)` starts, from when it answers until the block ends."""
    port = free_port()
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [str(part) for part in command(port)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment(),
        )
        try:
            store = Store(port)
            until(lambda: process.poll() is not None or store.answers(), f"{command(port)[0]} answers")
            assert process.poll() is None, log.read_text()
            yield store
        finally:
            process.terminate()
            process.wait(timeout=30)


def moto(folder, script=Path(__file__).with_name("one_at_a_time.py")):
    """Keeps put-if-absent."""
    return served(lambda port: [sys.executable, script, port], folder / "moto.log")


def s3rver(folder):
    """Ignores `If-None-Match`, so that it does not."""
    server = TARGET / "npm" / "node_modules" / ".bin" / "s3rver"
    return served(
        lambda port: [server, "-a", "127.0.0.1", "-p", port, "-d", folder / "s3rver", "--configure-bucket", "weft"],
        folder / "s3rver.log",
    )
