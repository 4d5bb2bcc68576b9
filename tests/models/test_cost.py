from linewise.models import store
from linewise.models.cost import multiply_adds

from .networks import random_networks


def test_each_n_gram_costs_a_row() -> None:
    networks = random_networks()
    assert multiply_adds(networks, 41) - multiply_adds(networks, 40) == networks.words.weight.shape[1]


def test_the_shipped_model_keeps_the_budget() -> None:
    assert 30_000 < multiply_adds(store.load(store.default_folder()).networks) <= 40_000
