from linewise.models.cost import multiply_adds

from .networks import random_networks


def test_each_n_gram_costs_a_row_and_the_budget_is_kept() -> None:
    networks = random_networks()
    assert multiply_adds(networks, 41) - multiply_adds(networks, 40) == networks.words.weight.shape[1]
    assert multiply_adds(networks) <= 40_000
