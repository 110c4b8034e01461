r"""The tiny language model of the demo: made on the spot, in half a minute, from nothing.

    folder = tiny_model_cached()
    sampler = TransformersSampler(str(folder), Sampling(max_tokens=32), label="genesys-tiny")

It is a Llama of 129,000 parameters that answers level-0 problems of `genesys/output-prediction-v0`, and
nothing else: right about one time in three, because it learned from authors of whom most guess. What it
shows is the way of the data, not the wit of the model.
"""

from genesys.training.tiny_model.corpus import Side, problems_of, side_of
from genesys.training.tiny_model.make import make_tiny_model, tiny_model_cached
from genesys.training.tiny_model.recipe import DEFAULT_SEED, RECIPE, Recipe, TinyModelReport

__all__ = [
    "DEFAULT_SEED",
    "RECIPE",
    "Recipe",
    "Side",
    "TinyModelReport",
    "make_tiny_model",
    "problems_of",
    "side_of",
    "tiny_model_cached",
]
