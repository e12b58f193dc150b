import json

import pytest

from detente.errors import NetworkError
from detente.model import tree
from detente.networks import files, topology
from detente.networks.bring import import_network
from tests.networks.examples import GRAPHML, ZOO, ring

BOMB = """<?xml version="1.0"?>
<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed"><node id="&b;"/></graph></graphml>
"""
DEEP = "<graphml>" + "<graph>" * 100_000


@pytest.fixture
def refused(tmp_path):
    """The error with which a file is refused."""

    def refused(name, content, form=None):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(NetworkError) as error:
            import_network(path, form)
        message = str(error.value)
        assert message.startswith(str(path))
        assert "\n" not in message
        return message.removeprefix(str(path))

    return refused


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_that_declares_entities_is_refused_before_anything_expands(refused, encoding):
    assert "document type declaration" in refused("bomb.graphml", BOMB.encode(encoding))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "found no XML"),
        ("<graphml>", "found no XML"),
        ("<other/>", "found no GraphML"),
        (DEEP, "found elements more than 64 deep"),
        (GRAPHML.replace('"int"', '"quaternion"'), "found no GraphML"),
        (GRAPHML.replace(">1<", ">one<"), "found no GraphML"),
        (b"\xff\xfe\x00", "found no XML"),
    ],
)
def test_graphml_that_is_none(refused, content, message):
    assert message in refused("x.graphml", content)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "graph",
        "graph [",
        "graph [ node [ id 0 ] node [ id 0 ] ]",
        "graph [ node [ id 0 ] edge [ source 0 target 1 ] ]",
        'graph [ node [ label "x" ] ]',
        "graph " + "[ a " * 100_000,
        b"\x00\xff\xfe",
        "graph [ node 3 ]",
    ],
)
def test_gml_that_is_none(refused, content):
    message = refused("x.gml", content)
    assert "found no GML" in message or "nested too deeply" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "found no JSON"),
        ("[]", "no object"),
        ("[" * 200_000, "nested too deeply"),
        ("{}", "nodes: found nothing"),
        ('{"nodes": 3}', "nodes: found no list"),
        ('{"nodes": []}', "links: found nothing"),
        ('{"nodes": [1], "edges": []}', "nodes[0]: found an entry that is no object"),
        ('{"nodes": [{}], "edges": []}', "nodes[0]: found no `id`"),
        ('{"nodes": [{"id": 1}, {"id": "1"}], "edges": []}', "same id twice"),
        ('{"nodes": [{"id": 1}], "edges": [{"source": 1, "target": 2}]}', "edges[0].target: found '2'"),
        ('{"nodes": [{"id": "None"}], "links": [{"source": "None"}]}', "links[0].target: found 'None'"),
    ],
)
def test_node_link_json_that_is_none(refused, content, message):
    assert message in refused("x.json", content)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NetworkError, match=r"nowhere\.gml: cannot be read: No such file"):
        import_network(tmp_path / "nowhere.gml")
    with pytest.raises(NetworkError, match="cannot be read: embedded null byte"):
        import_network("a\0.gml")


def test_a_file_that_is_too_large(refused, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_BYTES", 2**20)
    assert "found more than 1 MiB" in refused("x.json", b" " * (2**20 + 1))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.gml", ZOO),
        ("x.graphml", GRAPHML),
        ("x.json", str(ring(9)).replace("'", '"').replace("False", "false")),
    ],
)
def test_too_many_nodes(refused, monkeypatch, name, content):
    monkeypatch.setattr(topology, "MOST_NODES", 2)
    assert "nodes, expected at most 2" in refused(name, content)


def test_too_many_links(refused, monkeypatch):
    monkeypatch.setattr(topology, "MOST_LINKS", 3)
    assert "found 4 links, expected at most 3" in refused("x.gml", ZOO)


def test_a_network_whose_document_would_be_too_large_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "MOST_NODES", 1000)
    path = tmp_path / "ring.json"
    path.write_text(json.dumps(ring(20)))
    with pytest.raises(NetworkError, match=r"larger than a document may be .*more than 1000 values"):
        import_network(path)


def test_old_files_in_latin_1_are_read(tmp_path):
    path = tmp_path / "x.gml"
    path.write_bytes(
        'graph [ node [ id 0 label "Zürich" ] node [ id 1 ] edge [ source 0 target 1 ] ]'.encode("latin-1")
    )
    assert "Zurich" in {system.name for system in import_network(path).scenario.systems}
