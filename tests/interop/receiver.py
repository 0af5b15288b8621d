"""A receiver of events: the reference library of Standard Webhooks and the SDK of CloudEvents, as a process."""

import json
import subprocess
from pathlib import Path

from weft import TARGET, Lines, environment, until

RECEIVER = Path(__file__).parent / "node" / "receive.cjs"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """A process that takes what is signed with its secret."""

    def __init__(self, secret=SECRET):
        self.process = subprocess.Popen(
            ["node", RECEIVER, secret], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=environment({"NODE_PATH": str(TARGET / "npm" / "node_modules")}),
        )
        self.stdout, self.stderr = Lines(self.process.stdout), Lines(self.process.stderr)
        port = self.stdout.wait(str.isdigit)
        assert port, self.stderr.text
        self.url = f"http://127.0.0.1:{port}/weft"

    def came(self):
        return [json.loads(line) for line in self.stdout.all if line.startswith("{")]

    def taken(self):
        """Events that were taken, doubles aside, in order."""
        events = [told["event"] for told in self.came() if told["status"] == 204]
        return list({event["id"]: event for event in events}.values())

    def of(self, kind, subject):
        """Waits for an event of that kind."""
        wanted = lambda: next((e for e in self.taken() if (e["type"], e["subject"]) == (f"org.weft.{kind}", subject)), None)
        return until(wanted, f"{kind} of {subject}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)


def lines_of(folder, name, url, *more, secrets=(SECRET,)):
    """A webhook in the configuration, and its secrets in files."""
    files = []
    for number, secret in enumerate(secrets):
        (folder / f"{name}-{number}").write_text(f"{secret}\n")
        files.append(str(folder / f"{name}-{number}"))
    return ["[[webhooks]]", f'name = "{name}"', f'url = "{url}"', f"secrets = {json.dumps(files)}", "allow_private = true", *more]
