"""The demo's model, as its script stands there: what it learns from, how good it is, and that its set comes again."""

import os
import re
import subprocess
import sys

from weft import REPOSITORY

SCRIPT = REPOSITORY / "products/punctuality/departure_delay.py"
CLIENT = REPOSITORY / "platform/clients/python/src"


def test_the_model_of_the_demo_is_better_than_what_is_usual_and_its_set_comes_again(demo):
    kept = os.environ | {"PYTHONPATH": str(CLIENT), "WEFT_TOKEN": demo.token("dana")}
    done = subprocess.run([sys.executable, SCRIPT, demo.flight], env=kept, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("the same set came again")
    assert re.search(r"^328521 flights as of \S+, content [0-9a-f]{32}$", done.stdout, re.M), done.stdout
    usual, model = (float(area) for area in re.findall(r"area under the curve (\d\.\d+)", done.stdout))
    # Beyond 0.5 there is something to learn; near 1, and the future would be in the features.
    assert 0.5 < usual < model < 0.85, done.stdout
    assert "punctuality.delays.plane_history" in done.stdout


def test_nobody_trains_it_without_its_purpose(demo):
    text = SCRIPT.read_text().replace('purpose="modelling"', "purpose=None")
    kept = os.environ | {"PYTHONPATH": str(CLIENT), "WEFT_TOKEN": demo.token("dana")}
    done = subprocess.run([sys.executable, "-", demo.flight], input=text, env=kept, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0 and "W0301" in done.stderr, done.stdout
