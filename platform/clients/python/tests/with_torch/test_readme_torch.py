"""What README.md shows of PyTorch does what it says."""

from readme import examples, run


def test_the_examples_run(served, monkeypatch):
    monkeypatch.setenv("WEFT_TOKEN", served.token("ana"))
    names = run(["import weft\nmesh = weft.connect('grpc://127.0.0.1:8815')", *examples(torch=True)], served.flight)
    assert names["batch"]["air_time"].shape == names["batch"]["distance"].shape
