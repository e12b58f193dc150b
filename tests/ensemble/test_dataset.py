"""Checkpoints: a run that is killed goes on, nothing that is stored is lost, made twice or believed unseen."""

import errno
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

import detente
from detente.ensemble import disk, replicate
from detente.ensemble.dataset import writing
from detente.ensemble.frame import digest, digest_of
from detente.ensemble.manifest import Manifest
from detente.errors import ResultError, SimulationError
from tests.ensemble.test_executors import AtRandom
from tests.quarrel import QUARREL

GIVEN = {"runs": 3000, "seed": 11, "chunk": 500}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "crises"


@pytest.fixture
def stored(scenario, folder):
    return detente.simulate(scenario, checkpoint=folder, **GIVEN)


def merged(folder):
    return detente.Dataset.open(folder).save(folder.parent / f"{folder.name}.parquet").read_bytes()


@pytest.fixture(scope="module")
def wanted(scenario, tmp_path_factory):
    """The merged bytes of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("quiet") / "crises"
    detente.simulate(scenario, checkpoint=folder, **GIVEN)
    return merged(folder)


def test_a_dataset_holds_the_same_crises(scenario, ensemble, stored, folder):
    assert stored.runs == 3000
    assert stored.is_complete
    assert stored.ensemble().frame.equals(ensemble.frame)
    assert pl.read_parquet(folder / "part-*.parquet").equals(ensemble.frame)
    assert sorted(path.name for path in folder.iterdir() if path.name[0] != ".") == [
        "manifest.json",
        *(f"part-{position:06}.parquet" for position in range(6)),
    ]
    assert stored.summary().catastrophe == ensemble.summary().catastrophe
    worst = stored.summary().first_catastrophe
    assert stored.trace(worst).incidents == ensemble.trace(worst).incidents
    with pytest.raises(SimulationError, match="expected 0 to 2999"):
        stored.trace(3000)


def test_a_merged_file_is_a_result_and_the_same_however_it_was_cut(scenario, ensemble, tmp_path, wanted):
    for chunk in (3000, 77):
        folder = tmp_path / str(chunk)
        with ThreadPoolExecutor(3) as pool:
            detente.simulate(
                scenario,
                checkpoint=folder,
                executor=pool if chunk == 77 else AtRandom(2),
                **GIVEN | {"chunk": chunk},
            )
        assert merged(folder) == wanted
    opened = detente.Ensemble.open(tmp_path / "77.parquet")
    assert opened.frame.equals(ensemble.frame)
    assert opened.provenance.wall_s == 0


def test_a_fingerprint_does_not_depend_on_the_pieces(ensemble, monkeypatch):
    monkeypatch.setattr("detente.ensemble.frame._SLICE", 700)
    frame = ensemble.frame
    for size in (1, 300, 5000):
        limited = frame.head(30) if size == 1 else frame
        pieces = [limited.slice(first, size) for first in range(0, limited.height, size)]
        found = digest_of(frame.schema, limited.height, lambda name, pieces=pieces: (p[name] for p in pieces))
        assert found == digest(limited)


def counted(monkeypatch):
    """Make the pieces that are simulated from here on known."""
    made = []
    simulate = replicate.simulate_block

    def count(tables, **given):
        made.append(given["first"])
        return simulate(tables, **given)

    monkeypatch.setattr(replicate, "simulate_block", count)
    return made


def test_the_same_call_makes_only_what_is_missing(scenario, stored, folder, wanted, monkeypatch):
    (folder / "part-000002.parquet").unlink()
    made, told = counted(monkeypatch), []
    again = detente.simulate(scenario, checkpoint=folder, progress=told.append, **GIVEN)
    assert made == [1000]
    assert again.found == 5
    assert sum(told) == 3000
    assert merged(folder) == wanted


@pytest.mark.parametrize("damage", ["cut", "flipped", "swapped", "empty", "foreign"])
def test_a_damaged_piece_is_noticed_named_and_made_again(
    scenario, stored, folder, wanted, monkeypatch, damage
):
    path = folder / "part-000003.parquet"
    whole = path.read_bytes()
    if damage == "swapped":
        shutil.copy(folder / "part-000004.parquet", path)
    elif damage == "foreign":
        pl.DataFrame({"x": [1]}).write_parquet(path)
    else:
        flipped = whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:]
        path.write_bytes({"cut": whole[:-9], "flipped": flipped, "empty": b""}[damage])
    with pytest.raises(ResultError, match=r"part-000003\.parquet: damaged; give the command"):
        detente.Dataset.open(folder)
    made = counted(monkeypatch)
    again = detente.simulate(scenario, checkpoint=folder, **GIVEN)
    assert again.damaged == ("part-000003.parquet",)
    assert made == [1500]
    assert merged(folder) == wanted


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 12}, "begun with seed 11, found 12 now"),
        ({"runs": 3001}, "begun with runs 3000, found 3001 now"),
        ({"chunk": 400}, "begun with chunk 500, found 400 now"),
        ({"max_incidents": 9}, "begun with max_incidents 100000, found 9 now"),
        ({"portfolio": "throttle"}, r"begun with portfolio 'none' \(\w+\), found 'throttle' \(\w+\) now"),
        ({"error": 0.1}, "begun with stopping None, found"),
        (
            {"scenario": {**QUARREL, "horizon": "2 d"}},
            r"begun with scenario 'quarrel' \(\w+\), found 'quarrel'",
        ),
    ],
)
def test_a_directory_begun_otherwise_is_refused_with_the_difference(scenario, stored, folder, other, message):
    with pytest.raises(ResultError, match=message):
        detente.simulate(**{"scenario": scenario, "checkpoint": folder, **GIVEN, **other})


def test_a_directory_begun_by_another_version_is_refused(scenario, stored, folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"code": "detente 0.0.1 (kernels-0)"}))
    with pytest.raises(ResultError, match=r"begun with code detente 0\.0\.1 \(kernels-0\), found detente"):
        detente.simulate(scenario, checkpoint=folder, **GIVEN)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 1}', '{"format": 9}', '{"format": 1, "x": 2}', "[" * 9999]
)
def test_a_manifest_that_is_not_ours_is_refused(folder, text):
    folder.mkdir()
    (folder / "manifest.json").write_text(text)
    for use in (detente.Dataset.open, lambda place: detente.simulate(QUARREL, runs=5, checkpoint=place)):
        with pytest.raises(ResultError, match=r"manifest\.json: cannot be read"):
            use(folder)


def test_other_directories_are_refused(scenario, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ResultError, match=r"holds other files \(notes\.txt\), expected an empty directory"):
        detente.simulate(scenario, checkpoint=tmp_path, **GIVEN)
    with pytest.raises(ResultError, match=r"notes\.txt: cannot be made"):
        detente.simulate(scenario, checkpoint=tmp_path / "notes.txt", **GIVEN)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]  # not even a lock
    expected = "expected a directory that a run with a checkpoint made"
    for name, found in (
        (".", r"no manifest\.json there"),
        ("no", "no such directory"),
        ("notes.txt", "found a file"),
    ):
        with pytest.raises(ResultError, match=f"{found}, {expected}"):
            detente.Dataset.open(tmp_path / name)


@pytest.mark.parametrize("place", [3, "", None])
def test_what_is_no_path_is_told_in_words(ensemble, stored, place):
    for use in (detente.Dataset.open, stored.save, detente.Ensemble.open, ensemble.save):
        with pytest.raises(SimulationError, match=r"(folder|path): found .+, expected a path"):
            use(place)


def test_checkpoints_of_runs_and_of_comparisons_are_not_taken_for_each_other(
    scenario, stored, folder, tmp_path
):
    given = {"portfolios": ["none", "throttle"], "runs": 20, "halt_level": None}
    with pytest.raises(
        ResultError, match="crises: holds the checkpoint of a run, expected an empty directory or"
    ):
        detente.compare(scenario, checkpoint=folder, **given)
    both = tmp_path / "both"
    detente.compare(scenario, checkpoint=both, **given)
    with pytest.raises(
        ResultError, match=r"both: holds the checkpoint of a comparison \(0-none, 1-throttle\)"
    ):
        detente.simulate(scenario, checkpoint=both, **GIVEN)
    with pytest.raises(
        ResultError, match=r"expected that of one run: one of .*both/0-none, .*both/1-throttle$"
    ):
        detente.Dataset.open(both)
    assert detente.Dataset.open(both / "1-throttle").runs == 20
    detente.compare(scenario, checkpoint=both, **given)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(ResultError, match=r"holds other files \(notes\.txt\)"):
        detente.compare(scenario, checkpoint=tmp_path / "mine", **given)


def hold(folder, held, leave):
    with disk.locked(folder):
        held.set()
        leave.wait(60)


def test_a_directory_that_is_being_written_is_refused(scenario, stored, folder):
    spawn = multiprocessing.get_context("spawn")
    held, leave = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(folder, held, leave))
    other.start()
    assert held.wait(60)
    with pytest.raises(ResultError, match="another run is writing there"):
        detente.simulate(scenario, checkpoint=folder, **GIVEN)
    other.kill()  # a lock ends with its process
    other.join()
    assert detente.simulate(scenario, checkpoint=folder, **GIVEN).found == 6
    with (
        writing(folder, Manifest.read(folder)),
        pytest.raises(ResultError, match="another run is writing there"),
    ):
        detente.simulate(scenario, checkpoint=folder, **GIVEN)


def test_an_interrupt_keeps_what_is_stored_and_the_next_call_goes_on(scenario, folder, wanted, monkeypatch):
    simulate = replicate.simulate_block

    def interrupted(tables, **given):
        outcomes = simulate(tables, **given)
        if given["first"] == 1500:
            raise replicate.Interrupted(outcomes)
        return outcomes

    monkeypatch.setattr(replicate, "simulate_block", interrupted)
    with pytest.raises(detente.SimulationInterrupted) as caught:
        detente.simulate(scenario, checkpoint=folder, **GIVEN)
    partial = caught.value.ensemble
    assert partial.runs == 1500
    assert not partial.is_complete
    assert partial.summary().is_interrupted
    monkeypatch.undo()
    assert detente.Dataset.open(folder).runs == 1500
    assert detente.simulate(scenario, checkpoint=folder, **GIVEN).found == 3
    assert merged(folder) == wanted


KILLED = """
import sys, time, detente
from pathlib import Path
from detente.ensemble import dataset
write = dataset.write_whole
def slowly(path, content):
    write(path, content)
    time.sleep(0.05)
dataset.write_whole = slowly
detente.simulate({scenario!r}, runs=3000, seed=11, chunk=100, checkpoint={folder!r})
"""


def test_a_run_killed_again_and_again_ends_with_the_same_bytes(scenario, folder, tmp_path, wanted):
    quiet = tmp_path / "quiet"
    detente.simulate(scenario, checkpoint=quiet, **GIVEN | {"chunk": 100})
    stored = [0]
    for _ in range(3):
        code = KILLED.format(scenario=QUARREL, folder=str(folder))
        with subprocess.Popen([sys.executable, "-c", code]) as running:
            deadline = time.monotonic() + 60
            while len(list(folder.glob("part-*"))) < stored[-1] + 4 and time.monotonic() < deadline:
                time.sleep(0.005)
            running.send_signal(signal.SIGKILL)
        stored.append(len(list(folder.glob("part-*"))))
    assert 0 < stored[1] < stored[2] < stored[3] < 30
    (folder / ".part-000029.parquet.1.part").write_bytes(
        b"half"
    )  # as a kill in the middle of a write leaves it
    made = detente.simulate(scenario, checkpoint=folder, **GIVEN | {"chunk": 100})
    assert (made.found, made.damaged) == (stored[3], ())
    assert not list(folder.glob(".*.part"))
    assert merged(folder) == merged(quiet) == wanted
    for path in quiet.glob("part-*"):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def full_after(monkeypatch, pieces):
    """A disk that is full once so many files were written: the last one only half."""
    real = Path.open
    left = iter(range(pieces))

    class Full:
        def __init__(self, file):
            self.file = file

        def write(self, content):
            if next(left, None) is None:
                self.file.write(content[: len(content) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(content)

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

    def opened(path, mode="r", **given):
        file = real(path, mode, **given)
        return Full(file) if mode == "wb" else file

    monkeypatch.setattr(Path, "open", opened)


def test_a_full_disk_is_one_error_and_nothing_is_corrupt(scenario, folder, wanted, monkeypatch):
    full_after(monkeypatch, 4)  # the manifest and three pieces
    with pytest.raises(
        ResultError, match=r"part-000003\.parquet: cannot be written: No space left .* make room"
    ):
        detente.simulate(scenario, checkpoint=folder, **GIVEN)
    monkeypatch.undo()
    assert sorted(path.name for path in folder.glob("*part*")) == [f"part-{n:06}.parquet" for n in range(3)]
    assert detente.simulate(scenario, checkpoint=folder, **GIVEN).found == 3
    assert merged(folder) == wanted


LIMITED = """
import resource, sys, detente
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    detente.simulate({scenario!r}, runs=3000, seed=11, chunk=500, checkpoint={folder!r})
except detente.ResultError as error:
    sys.exit(str(error))
"""


def test_a_limit_of_the_system_on_files_is_the_same_error(scenario, stored, folder, tmp_path, wanted):
    """A real refusal by the kernel; nothing here is pretended."""
    sizes = sorted(path.stat().st_size for path in folder.glob("part-*"))
    manifest = (folder / "manifest.json").stat().st_size
    limit = max(manifest, sizes[0] - 1)
    other = tmp_path / "other"
    code = LIMITED.format(limit=limit, scenario=QUARREL, folder=str(other))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written: File too large; the pieces stored before are kept: make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(other.glob("*part*"))
    assert detente.simulate(scenario, checkpoint=other, **GIVEN).runs == 3000
    assert merged(other) == wanted
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != limit


def test_a_small_disk_that_is_really_full(scenario, stored, tmp_path, wanted):
    disk_folder = tmp_path / "disk"
    disk_folder.mkdir()
    size = sum(path.stat().st_size for path in stored.folder.iterdir()) // 2
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk_folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("cannot mount a small disk here: only root may; the full disk was pretended instead")
    try:
        with pytest.raises(ResultError, match="No space left"):
            detente.simulate(scenario, checkpoint=disk_folder / "crises", **GIVEN)
        kept = len(list((disk_folder / "crises").glob("part-*")))
        assert 0 < kept < 6
        subprocess.run([*mount[:3], "-o", "remount,size=64m", *mount[5:]], check=True)
        assert detente.simulate(scenario, checkpoint=disk_folder / "crises", **GIVEN).found == kept
        assert merged(disk_folder / "crises") == wanted
    finally:
        subprocess.run(["umount", str(disk_folder)], check=True)


def test_a_run_stops_when_it_is_precise_and_goes_on_to_no_other_end(scenario, folder):
    given = {"runs": 200_000, "seed": 11, "error": 0.5}
    here = detente.simulate(scenario, **given)
    assert here.runs in {4096 << k for k in range(6)}
    assert here.summary().stopping.is_met
    assert not here.summary().is_interrupted
    there = detente.simulate(scenario, checkpoint=folder, chunk=3000, **given)
    assert there.runs == here.runs
    assert there.is_complete
    assert there.summary().catastrophe == here.summary().catastrophe
    opened = detente.Ensemble.open(detente.Dataset.open(folder).save(folder.parent / "m.parquet"))
    assert opened.summary().stopping == here.summary().stopping
    more = detente.simulate(scenario, at_least=here.runs + 1, **given)
    assert more.runs == 2 * here.runs


def test_a_chance_of_nothing_ends_at_the_ceiling():
    quiet = {**QUARREL, "catastrophe": "strategic", "horizon": "1 ms"}
    made = detente.simulate(quiet, runs=20_000, error=0.1)
    assert made.runs == 20_000
    assert made.summary().ended["catastrophe"] == 0
    assert not made.summary().stopping.is_met
    assert made.summary().catastrophe.high < 0.001


def test_portfolios_are_compared_over_the_same_crises_until_each_is_known(tmp_path):
    given = {"portfolios": ["throttle", "none"], "runs": 60_000, "half_width": 0.004, "halt_level": None}
    here = detente.compare(QUARREL, **given)
    assert {arm.ensemble.runs for arm in here.arms} == {here.runs}
    assert here.runs < 60_000
    assert all(arm.summary.stopping.is_met for arm in here.arms)
    there = detente.compare(QUARREL, checkpoint=tmp_path / "both", **given)
    assert there.arms[1].paired == here.arms[1].paired
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["0-throttle", "1-none"]
