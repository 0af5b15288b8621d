"""What README.md shows does what it says."""

import json

import ray

from readme import examples, run


def test_the_examples_run(served, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEFT_TOKEN", served.token("dana"))
    names = run(examples(torch=False), served.flight)
    assert names["everything"].num_rows == names["flights"].count() == 336_776
    ray.shutdown()
    assert len(names["january"]) == len(names["frame"]) == 27_004
    assert json.loads((tmp_path / "training-set.json").read_text())["rows"] == 27_004
