"""The checks of an audit, in the order in which they run and in which ties are listed."""

from __future__ import annotations

from labelwright.audit.checks._base import Check
from labelwright.audit.checks.annotators import AnnotatorCheck
from labelwright.audit.checks.class_imbalance import ClassImbalanceCheck
from labelwright.audit.checks.class_order import ClassOrderCheck
from labelwright.audit.checks.columns import ColumnCheck
from labelwright.audit.checks.label_issues import LabelIssueCheck
from labelwright.audit.checks.leakage import LeakageCheck
from labelwright.audit.checks.missing_values import MissingValueCheck
from labelwright.audit.checks.near_duplicates import NearDuplicateCheck
from labelwright.audit.checks.order import OrderCheck
from labelwright.audit.checks.outliers import OutlierCheck
from labelwright.audit.checks.spurious_correlations import SpuriousCorrelationCheck
from labelwright.audit.checks.weak_groups import WeakGroupCheck

__all__ = ["CHECKS"]

# What makes other findings void comes before them.
_IN_ORDER: tuple[type[Check], ...] = (
    ClassOrderCheck,
    LeakageCheck,
    LabelIssueCheck,
    NearDuplicateCheck,
    SpuriousCorrelationCheck,
    WeakGroupCheck,
    OutlierCheck,
    OrderCheck,
    AnnotatorCheck,
    MissingValueCheck,
    ClassImbalanceCheck,
    ColumnCheck,
)
CHECKS: dict[str, type[Check]] = {check.name: check for check in _IN_ORDER}
