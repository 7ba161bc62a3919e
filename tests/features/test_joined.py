from __future__ import annotations

import numpy as np
import pytest

from labelwright.core.errors import DataError, NotFittedError, ParameterError
from labelwright.features import (
    ColumnFeatures,
    EmbeddingFeatures,
    JoinedFeatures,
    TextFeatures,
    attach_embedding,
)

TABLE = {"body": ["my card", "my refund", "card"], "price": [1.0, None, 3.0], "unused": [1, 2, 3]}


def test_joined_features_are_the_parts_side_by_side(tmp_path):
    parts = [TextFeatures("body"), ColumnFeatures("price")]
    joined = JoinedFeatures(parts)
    X = joined.fit_transform(TABLE)
    first, second = (part.clone().fit(TABLE) for part in parts)
    np.testing.assert_array_equal(
        X.toarray(), np.hstack([first.transform(TABLE).toarray(), second.transform(TABLE)])
    )
    assert joined.feature_names_ == first.feature_names_ + second.feature_names_
    assert joined.columns_ == ["body", "price"]
    loaded = JoinedFeatures.load(joined.save(tmp_path / "features"))
    without = {name: TABLE[name] for name in ("price", "body")}
    assert (loaded.transform(without) != X).nnz == 0


def test_dense_parts_stay_dense_and_the_parts_given_stay_unfitted():
    table = attach_embedding(TABLE, np.eye(3))
    parts = [ColumnFeatures("price"), EmbeddingFeatures()]
    assert JoinedFeatures(parts).fit_transform(table).shape == (3, 5)
    with pytest.raises(NotFittedError):
        parts[0].transform(table)


def test_missing_columns_and_wrong_parts_are_named():
    joined = JoinedFeatures([TextFeatures("body"), ColumnFeatures("price")]).fit(TABLE)
    with pytest.raises(DataError, match="There is no column 'price'"):
        joined.transform({"body": ["a"]})
    for parts in ([], ["body"]):
        with pytest.raises(ParameterError, match="takes one or more features"):
            JoinedFeatures(parts).fit(TABLE)
