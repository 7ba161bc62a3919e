"""The study of ``evidence.audit.confident_learning`` with calibrated models and more rows.

Sets, figures, claims and thresholds are the same. What it adds is the classifier with its defaults,
as a run uses it. The claims were written before the first run of the shorter study, whose figures
were known when this one was run.
"""

from __future__ import annotations

from functools import partial

from evidence._harness import Material, Method, Study, main
from evidence.audit.confident_learning import (
    CLAIMS,
    FLIP_NOTE,
    FLIPS,
    FLIPS_SEEN,
    OURS,
    PEER,
    SEEDS,
    WEAK,
    WEAK_SEEN,
    load,
    measure_ours,
    measure_peer,
)

RULES_NOTE = "labels by rules"
SIZES = {WEAK[0]: 6000, WEAK[1]: 4000, WEAK_SEEN: 4000, FLIPS: 1300, FLIPS_SEEN: 4000}

READING = ""

STUDY = Study(
    slug="confident-learning-calibrated",
    question="Does confident learning find wrong labels, and does training without them help, "
    "with calibrated models?",
    methods=[Method(OURS, measure_ours, SEEDS), Method(PEER, measure_peer, SEEDS)],
    materials=[
        Material(
            name,
            partial(load, name, size, calibrate=True),
            seen=name in (WEAK_SEEN, FLIPS_SEEN),
            note=FLIP_NOTE if name in (FLIPS, FLIPS_SEEN) else RULES_NOTE,
            quick=name == FLIPS,
        )
        for name, size in SIZES.items()
    ],
    claims=CLAIMS,
    source=__file__,
    reading=" ".join(READING.split()),
)

if __name__ == "__main__":
    main(STUDY)
