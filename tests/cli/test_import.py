import json

import pytest

from tests.networks.examples import ZOO, ring


@pytest.fixture
def zoo(quarrel, tmp_path):
    (tmp_path / "zoo.gml").write_text(ZOO)
    return "zoo.gml"


def test_the_document_goes_to_standard_output_and_check_accepts_it(detente, zoo, tmp_path):
    done = detente("import", "gml", zoo, "--owner", "Country")
    assert (done.exit_code, done.stderr) == (0, "")
    (tmp_path / "out.yaml").write_text(done.stdout)
    assert detente("check", "out.yaml").stdout.startswith("ok: zoo: 5 systems of 2 actors")


def test_what_was_imported_runs_at_once(detente, tmp_path, quarrel):
    (tmp_path / "ring.json").write_text(json.dumps(ring(6)))
    assert detente("import", "networkx", "ring.json", "--out", "ring.yaml").exit_code == 0
    counted = json.loads(detente("run", "ring.yaml", "--runs", "200", "--no-exact", "--json").stdout)
    assert counted["incidents"]["mean"] > 1


def test_out_writes_a_file_and_never_over_another(detente, zoo, tmp_path):
    done = detente("import", "gml", zoo, "--out", "deep/out.yaml")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].startswith("deep/out.yaml: ")
    assert "left out: links from a node to itself: 1" in done.stdout
    assert "detente check deep/out.yaml" in done.stdout
    before = (tmp_path / "deep/out.yaml").read_text()
    again = detente("import", "gml", zoo, "--out", "deep/out.yaml", "--name", "other")
    assert again.exit_code == 2
    assert "deep/out.yaml: exists already" in again.stderr
    assert (tmp_path / "deep/out.yaml").read_text() == before


def test_import_in_json_prints_one_document_and_nothing_else(detente, zoo):
    done = detente("import", "gml", zoo, "--json")
    said = json.loads(done.stdout)
    assert done.stderr == ""
    assert (said["name"], said["file"], said["dependencies"]) == ("zoo", None, 4)
    assert said["document"].startswith("# Imported from")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gexf", "x.gexf"), "FORMAT: found 'gexf'"),
        (("gml", "nowhere.gml"), "nowhere.gml: cannot be read"),
        (("gml", "{zoo}", "--owner", "Contry"), "did you mean 'Country'"),
        (("gml", "{zoo}", "--out", "{zoo}"), "exists already"),
        (("gml", "{zoo}", "--out", "{zoo}/x.yaml"), "cannot be written"),
        (("pandapower", "case1118"), "did you mean 'case118'"),
        (("gml",), "FILE|NAME"),
    ],
)
def test_bad_input_is_told_and_exits_2(detente, zoo, words, message):
    done = detente("import", *(word.format(zoo=zoo) for word in words))
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
