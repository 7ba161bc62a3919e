"""Torch, or the error that says how to get it: whatever needs torch imports it from here."""

from __future__ import annotations

from labelwright.core.errors import MissingExtraError

try:
    import torch
    from torch import nn
except ImportError as error:
    raise MissingExtraError.of("torch", "deep", "A neural network") from error

__all__ = ["nn", "torch"]
