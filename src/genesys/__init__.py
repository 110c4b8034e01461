r"""genesys: reinforcement-learning environments with verifiable rewards.

Importing the package registers its environments with Gymnasium and loads nothing else:

    import genesys, gymnasium as gym

    env = gym.make("genesys/math-v0")
    observation, info = env.reset(seed=7)
    observation, reward, terminated, truncated, info = env.step(r"The answer is \boxed{42}.")
"""

from genesys.environments import register_environments
from genesys.version import __version__

__all__ = ["__version__"]

register_environments()
