"""Where this is, and the environment that everything else is read from."""

from pathlib import Path

from helsinki_proactive.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = Environment()
HP_ENV = env.place
DEPLOYED = env.deployed
