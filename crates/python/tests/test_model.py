"""What a model says of itself."""

import copy
import pickle

from conftest import ROOT, SMALL_MODEL

import fervor


def test_a_model_says_what_it_has(small):
    assert repr(small) == '<fervor.Model "": 1 score, 0 categories, 2 rules>'
    assert (small.name, small.timezone) == ("", "Europe/Oslo")
    [score] = small.scores
    assert (score.id, score.title, score.of, score.bands) == ("s", "s", "contact", ["Low", "High"])
    assert repr(score) == '<fervor.Score "s" of contacts>'


def test_models_are_equal_if_they_mean_the_same(small):
    assert small == fervor.Model.parse("# The same.\n" + SMALL_MODEL)
    assert small != fervor.Model.parse(SMALL_MODEL.replace("Oslo", "Paris"))


def test_models_go_to_other_processes(small):
    shop = fervor.Model.load(ROOT / "examples/shop/model.toml")
    for model in (small, shop):
        assert pickle.loads(pickle.dumps(model)) == model == copy.deepcopy(model)


def test_a_path_may_be_text_or_path():
    path = ROOT / "examples/first/model.toml"
    assert fervor.Model.load(str(path)) == fervor.Model.load(path) == fervor.Model.parse(path.read_text())
