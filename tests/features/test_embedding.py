from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from labelwright.core.errors import DataError
from labelwright.features import EmbeddingFeatures, attach_embedding, read_embedding

VECTORS = np.random.default_rng(0).normal(3, 2, size=(50, 4)).astype(np.float32)
TABLE = pl.DataFrame({"id": range(50)})


def test_rows_are_centred_of_length_two_and_keep_their_distances_in_proportion():
    X = EmbeddingFeatures().fit_transform(attach_embedding(TABLE, VECTORS))
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-6)
    assert np.sqrt((X**2).sum(axis=1).mean()) == pytest.approx(2)
    ratio = np.linalg.norm(X[1:] - X[0], axis=1) / np.linalg.norm(VECTORS[1:] - VECTORS[0], axis=1)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)


def test_a_vector_stays_with_its_record_and_saving_keeps_the_scale(tmp_path):
    np.save(tmp_path / "vectors.npy", VECTORS)
    table = attach_embedding(TABLE, tmp_path / "vectors.npy", column="vector")
    features = EmbeddingFeatures("vector")
    X = features.fit_transform(table)
    some = features.transform(table.filter(pl.col("id") % 7 == 3).reverse())
    np.testing.assert_array_equal(some, X[3::7][::-1])
    loaded = EmbeddingFeatures.load(features.save(tmp_path / "features"))
    np.testing.assert_array_equal(loaded.transform(table), X)
    assert loaded.feature_names_ == ["vector 0", "vector 1", "vector 2", "vector 3"]


def test_lists_of_one_length_are_vectors_and_equal_vectors_do_not_break_it():
    X = EmbeddingFeatures().fit_transform({"v": [[1, 2], [1, 2]]})
    assert X.tolist() == [[0, 0], [0, 0]]


def test_different_numbers_of_rows_are_both_named(tmp_path):
    path = tmp_path / "vectors.npy"
    np.save(path, VECTORS)
    with pytest.raises(DataError, match=r"The table has 49 rows and .*vectors\.npy has 50"):
        attach_embedding(TABLE.head(49), path)
    with pytest.raises(DataError, match="The table has 50 rows and The embedding has 3"):
        attach_embedding(TABLE, VECTORS[:3])
    with pytest.raises(DataError, match="column 'id' already"):
        attach_embedding(TABLE, VECTORS, column="id")


def test_files_that_hold_no_matrix_are_refused(tmp_path):
    path = tmp_path / "vectors.npy"
    with pytest.raises(DataError, match="cannot be read as an embedding"):
        read_embedding(path)
    path.write_bytes(b"no array")
    with pytest.raises(DataError, match="cannot be read as an embedding"):
        read_embedding(path)
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read as an embedding"):
        read_embedding(path)
    np.save(path, np.arange(3.0))
    with pytest.raises(DataError, match=r"has shape \(3,\)"):
        read_embedding(path)
    np.savez(tmp_path / "several.npz", VECTORS)
    with pytest.raises(DataError, match="holds several arrays"):
        read_embedding(tmp_path / "several.npz")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, 2.0], [3.0]], r"Row 1 of column 'v' has a vector of length 1, another has 2"),
        ([[1.0, 2.0], None], "Row 1 of column 'v' has no vector"),
        ([[1.0, None], [3.0, 4.0]], "Column 'v' has a missing or infinite number in row 0"),
        (["1,2", "3,4"], "Column 'v' holds String values, not vectors"),
    ],
)
def test_columns_that_hold_no_vectors_are_named(values, message):
    with pytest.raises(DataError, match=message):
        EmbeddingFeatures("v").fit({"v": values})


def test_another_length_or_no_column_is_named():
    features = EmbeddingFeatures().fit(attach_embedding(TABLE, VECTORS))
    with pytest.raises(DataError, match=r"holds vectors of 3 numbers; 4 were learnt from"):
        features.transform(attach_embedding(TABLE, VECTORS[:, :3]))
    with pytest.raises(DataError, match="The table has 0 columns of vectors"):
        EmbeddingFeatures().fit(TABLE)
