"""The dataset nutrition label: what is in a table, on one page that can go without the table."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
