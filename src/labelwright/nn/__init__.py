"""Neural networks: the one training loop of the house, and layers and losses for it."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
