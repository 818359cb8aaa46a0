"""The manual is true, and so are the types."""

import contextlib
import io
import re
import subprocess
import sys

import pytest
from conftest import ROOT

import fervor


def test_every_snippet_of_the_manual_runs_and_prints_what_stands_below_it(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs/python.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", page, re.DOTALL)
    assert len(blocks) >= 5
    names = {}
    for code, expected in blocks:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, "docs/python.md", "exec"), names)
        assert said.getvalue().rstrip() == expected.rstrip(), code


SAMPLE = """
import datetime
from typing import assert_type
import fervor
import polars
import pyarrow  # type: ignore[import-untyped, unused-ignore]

model = fervor.Model.load("model.toml")
table = pyarrow.table({"id": ["ada"]})
result = model.score(contacts=[table, polars.DataFrame(table)], as_of=datetime.date(2026, 3, 14), details=True)
assert_type(result.rejects, list[fervor.Reject])
assert_type(result.contacts, fervor.Table)
assert_type(result.contacts.to_polars(), polars.DataFrame)
model.score(result.contacts, on_reject="skip")
assert_type(model.explain("ada", contacts=table), fervor.Explanation)
try:
    fervor.Model.parse("")
except fervor.ModelError as error:
    assert_type(error.diagnostics[0].help, str | None)
"""

MISTAKES = ["model.score('contacts.csv')", "model.score(on_reject='ignore')", "model.score(as_of=7)", "model.skore()"]


def mypy(path):
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--cache-dir", str(path.parent), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)


def test_types_let_good_code_pass_and_find_mistakes(tmp_path):
    good = tmp_path / "good.py"
    good.write_text(SAMPLE)
    ran = mypy(good)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    bad = tmp_path / "bad.py"
    bad.write_text("import fervor\nmodel = fervor.Model.parse('')\n" + "\n".join(MISTAKES))
    found = re.findall(r"^bad.py:(\d+): error", mypy(bad).stdout.replace(str(tmp_path) + "/", ""), re.MULTILINE)
    assert sorted(set(found)) == [str(3 + number) for number in range(len(MISTAKES))]


def test_types_are_those_of_the_module(tmp_path):
    command = [sys.executable, "-m", "mypy.stubtest", "fervor", "--ignore-disjoint-bases"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", fervor.__all__)
def test_everything_says_what_it_is(name):
    thing = getattr(fervor, name)
    if name == "__version__":
        assert re.fullmatch(r"\d+\.\d+\.\d+", thing)
        return
    assert thing.__doc__ and thing.__module__ == "fervor"
    for member, value in vars(thing).items():
        if not member.startswith("_") and (callable(value) or hasattr(value, "__get__")):
            assert getattr(thing, member).__doc__, f"{name}.{member}"
