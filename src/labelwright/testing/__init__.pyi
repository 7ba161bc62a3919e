from .aggregators import check_aggregator as check_aggregator
from .parts import check_part as check_part
