"""What README.md shows does what it says."""

import json

import ray

from readme import examples, run


def test_the_examples_run(weather, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEFT_TOKEN", weather.token("ana"))
    names = run(examples(torch=False), weather.flight)
    assert names["everything"].num_rows == names["flights"].count() == 336_776
    ray.shutdown()
    assert len(names["january"]) == len(names["frame"]) == 27_004
    assert json.loads((tmp_path / "training-set.json").read_text())["rows"] == 27_004
