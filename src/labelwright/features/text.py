"""Text to numbers: TF-IDF of words and parts of words, or any sentence-transformers model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, ParameterError
from labelwright.core.params import Accepts, Bool, Instance, Int, Nullable, OneOf
from labelwright.features._looks import looks_like_ids, looks_like_smiles
from labelwright.features._scaling import learn_scale, rescale
from labelwright.features.base import Features

if TYPE_CHECKING:
    import polars as pl

__all__ = ["TextFeatures"]


class TextFeatures(Features):
    """Features of text columns.

    TF-IDF counts words and pairs of words, and, apart from them, three to five neighbouring
    characters within words, which catch spelling and word forms. Each of the two is weighed
    sublinearly and brought to unit length. On questions, reviews and support queries (trec6, sst2,
    subj, mr, banking77; a third of the training part held out) words and characters together were
    0.8 to 2.6 points more accurate than words alone.

    Parameters
    ----------
    columns : str or sequence of str, optional
        The text columns, read as one text; by default the only text column of the table.
    method : {"tfidf", "model"}
        How text becomes numbers.
    model : str, optional
        For ``method="model"``: a folder with a sentence-transformers model, or its id.
    max_features : int
        At most so many word features and so many character features.
    min_records : int
        What fewer records hold is left out (unless nothing would remain).
    cache : str, optional
        For ``method="model"``: a folder where embeddings are kept by the hash of the text, so that
        no text is embedded twice.
    check : bool
        Refuse columns that look like molecules, ids or numbers instead of text.

    Attributes
    ----------
    words_, chars_ : list of str
        The words, and the character n-grams, that have a feature.
    word_idf_, char_idf_ : arrays
        How much each weighs.
    centre_, scale_ : array, float
        For ``method="model"``: the mean embedding, which is subtracted, and the factor after that.

    Examples
    --------
    >>> features = TextFeatures()
    >>> X = features.fit_transform({"body": ["refund please", "where is my card", "my card"]})
    >>> X.shape == (3, len(features.feature_names_))
    True
    >>> features.feature_names_[:3], features.transform({"body": ["a card"]}).nnz
    (['card', 'my', 'my card'], 10)
    """

    _accepts: ClassVar[Mapping[str, Accepts]] = {
        "columns": Nullable(Instance(str, list, tuple)),
        "method": OneOf("tfidf", "model"),
        "model": Nullable(Instance(str)),
        "max_features": Int(1),
        "min_records": Int(1),
        "cache": Nullable(Instance(str)),
        "check": Bool(),
    }

    def __init__(
        self,
        columns: str | Sequence[str] | None = None,
        *,
        method: str = "tfidf",
        model: str | None = None,
        max_features: int = 50_000,
        min_records: int = 2,
        cache: str | None = None,
        check: bool = True,
    ) -> None:
        self.columns = columns
        self.method = method
        self.model = model
        self.max_features = max_features
        self.min_records = min_records
        self.cache = cache
        self.check = check

    @property
    def feature_names_(self) -> list[str]:
        """Words as they are, character n-grams as ``chars:ing``, embeddings as ``dim 0`` ..."""
        self._check_fitted()
        if self.method == "model":
            return [f"dim {number}" for number in range(len(self.centre_))]
        return self.words_ + [f"chars:{gram}" for gram in self.chars_]

    def _check_params(self) -> None:
        super()._check_params()
        if (self.method == "model") != (self.model is not None):
            raise ParameterError(
                f"TextFeatures(method={self.method!r}, model={self.model!r}) is not accepted.",
                hint='Give model= together with method="model", and only then.',
            )

    def _read(self, records: Any) -> pl.DataFrame:
        import polars as pl

        if isinstance(records, (pl.Series, np.ndarray)):
            records = records.tolist() if isinstance(records, np.ndarray) else records.to_list()
        if isinstance(records, (list, tuple)) and all(isinstance(r, str | None) for r in records):
            name = self.columns_[0] if self._state() else "text"
            records = pl.DataFrame({name: pl.Series(list(records), dtype=pl.String)})
        return super()._read(records)

    def _suitable(self, frame: pl.DataFrame) -> list[str]:
        import polars as pl

        found = [name for name in frame.columns if frame[name].dtype == pl.String]
        if len(found) != 1:
            raise DataError(
                f"The table has {len(found)} text columns"
                + (f" ({', '.join(map(repr, found[:12]))})." if found else "."),
                hint="Name the ones to read: TextFeatures(columns=...).",
            )
        return found

    def _learn(self, frame: pl.DataFrame) -> Any:
        texts = self._texts(frame)
        if self.method == "model":
            vectors = self._embed(texts)
            self.centre_, self.scale_ = learn_scale(vectors)
            return rescale(vectors, self.centre_, self.scale_)
        from labelwright.features._tfidf import count_chars, count_words

        words, self.words_, self.word_idf_ = self._learn_block(*count_words(texts))
        chars, self.chars_, self.char_idf_ = self._learn_block(*count_chars(texts))
        if not self.words_ and not self.chars_:
            raise DataError(f"{self._named()} holds no words.", where={"column": self.columns_[0]})
        return _beside(words, chars)

    def _learn_block(
        self, counts: Any, names: list[str]
    ) -> tuple[Any, list[str], NDArray[np.float64]]:
        from labelwright.features._tfidf import learn_idf, weigh

        kept, idf = learn_idf(counts, self.min_records, self.max_features)
        return weigh(counts[:, kept], idf), [names[place] for place in kept.tolist()], idf

    def _apply(self, frame: pl.DataFrame) -> Any:
        texts = self._texts(frame, check=False)
        if self.method == "model":
            return rescale(self._embed(texts), self.centre_, self.scale_)
        from labelwright.features._tfidf import count_chars, count_words, weigh

        words, _ = count_words(texts, self.words_)
        chars, _ = count_chars(texts, self.chars_)
        return _beside(weigh(words, self.word_idf_), weigh(chars, self.char_idf_))

    def _embed(self, texts: list[str]) -> NDArray[np.float32]:
        from labelwright.features._encoder import embed

        return embed(texts, str(self.model), cache=self.cache)

    def _texts(self, frame: pl.DataFrame, check: bool = True) -> list[str]:
        """The chosen columns of each record as one text; a missing text is empty."""
        import polars as pl

        for name in frame.columns:
            if frame[name].dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
                raise DataError(
                    f"Column {name!r} holds {frame[name].dtype} values, not text.",
                    where={"column": name},
                    hint="Use ColumnFeatures (--features) for numbers, dates and categories.",
                )
            if check and self.check:
                _check_is_text(name, frame[name].cast(pl.String).drop_nulls().to_list())
        joined = pl.concat_str(
            [pl.col(name).cast(pl.String) for name in frame.columns],
            separator="\n",
            ignore_nulls=True,
        )
        return frame.select(joined.fill_null("").alias("text"))["text"].to_list()

    def _named(self) -> str:
        listed = ", ".join(map(repr, self.columns_))
        return f"Column {listed}" if len(self.columns_) == 1 else f"None of the columns {listed}"


def _beside(words: Any, chars: Any) -> Any:
    from scipy import sparse

    return sparse.csr_array(sparse.hstack([words, chars], format="csr"))


def _check_is_text(name: str, texts: list[str]) -> None:
    looks: tuple[str, str] | None = None
    if looks_like_smiles(texts):
        looks = "SMILES", "Molecules need features of their own (fingerprints), not words."
    elif looks_like_ids(texts):
        looks = "an id or a number", "Name the column that holds the text."
    if looks is not None:
        raise DataError(
            f"Column {name!r} looks like {looks[0]}, for example {texts[0][:60]!r}.",
            where={"column": name},
            hint=f"{looks[1]} If it is text after all, use TextFeatures(check=False).",
        )
