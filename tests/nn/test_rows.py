from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

torch = pytest.importorskip("torch")

from labelwright.core.errors import DataError  # noqa: E402
from labelwright.nn import Rows, outputs  # noqa: E402

X = np.random.default_rng(0).normal(size=(9001, 2))


def test_outputs_in_blocks_are_the_outputs_and_the_mode_is_for_evaluation():
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Dropout(0.5))
    found = outputs(module, Rows(x=X))
    with torch.no_grad():
        expected = module[0](torch.tensor(X, dtype=torch.float32))
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)
    assert found.dtype == np.float64


def test_a_batch_holds_its_rows_with_the_types_that_torch_wants():
    rows = Rows(x=sparse.csr_array(X), label=np.arange(9001, dtype=np.int8), nothing=None)
    batch = rows.take([5, 3, 1]).batch([2, 0])
    assert set(batch) == {"x", "label", "index"}
    np.testing.assert_allclose(batch["x"].numpy(), X[[1, 5]], rtol=1e-6)
    assert batch["label"].tolist() == [1, 5]
    assert (batch["x"].dtype, batch["label"].dtype) == (torch.float32, torch.int64)


def test_the_fingerprint_tells_content_and_names_apart():
    marks = [Rows(x=X), Rows(x=X + 1), Rows(y=X), Rows(x=X[:, ::-1].copy()), Rows(x=X[:-1])]
    assert len({rows.fingerprint() for rows in marks}) == len(marks)
    assert marks[0].fingerprint() == Rows(x=X.copy()).fingerprint()


def test_columns_of_other_lengths_are_refused():
    with pytest.raises(DataError, match="x has 9,001 rows and label has 2"):
        Rows(x=X, label=[0, 1])
