"""The report: one HTML file, the same numbers as JSON, and a short summary in Markdown."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
