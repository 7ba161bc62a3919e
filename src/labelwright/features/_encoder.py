"""The one place that loads sentence encoders, and the cache of what they gave."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelwright.core.errors import DataError, MissingExtraError
from labelwright.core.files import write_bytes

Vectors = NDArray[np.float32]

KEY_BYTES = 16


def embed(texts: list[str], model: str, *, cache: str | Path | None = None) -> Vectors:
    """Embeddings (n, d) float32 of texts by a sentence-transformers model.

    Parameters
    ----------
    texts : list of str
        Equal texts are embedded once.
    model : str
        A folder with a model, or the id of one.
    cache : path, optional
        A folder where embeddings are kept by the hash of the text, one file a model.

    Raises
    ------
    MissingExtraError
        If sentence-transformers is not installed.
    DataError
        If there is no such model.
    """
    distinct = list(dict.fromkeys(texts))
    if cache is None:
        vectors = _encode(distinct, model)
    else:
        vectors = _encode_cached(distinct, model, Path(cache))
    place = {text: row for row, text in enumerate(distinct)}
    return vectors[[place[text] for text in texts]]


@lru_cache(maxsize=1)
def load_encoder(model: str) -> Any:
    """The sentence-transformers model in a folder or with an id; the last one stays in memory."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingExtraError.of("sentence-transformers", "text", "A text model") from error
    try:
        return SentenceTransformer(model)
    except (OSError, ValueError) as error:
        raise DataError(
            f"There is no sentence-transformers model {model!r}: {error}",
            where={"file": model},
            hint="Give a folder that holds one, or an id that can be downloaded.",
        ) from error


def _encode(texts: list[str], model: str) -> Vectors:
    vectors = load_encoder(model).encode(
        texts, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
    )
    return np.asarray(vectors, dtype=np.float32)


def _encode_cached(texts: list[str], model: str, cache: Path) -> Vectors:
    path = cache / f"embeddings-{_fingerprint(model)}.safetensors"
    keys = [hashlib.sha256(text.encode()).digest()[:KEY_BYTES] for text in texts]
    known = _read_cache(path)
    new = [row for row, key in enumerate(keys) if key not in known]
    if new:
        fresh = _encode([texts[row] for row in new], model)
        known |= {keys[row]: vector for row, vector in zip(new, fresh, strict=True)}
        _write_cache(path, known)
    return np.stack([known[key] for key in keys])


def _read_cache(path: Path) -> dict[bytes, Vectors]:
    from safetensors.numpy import load_file

    if not path.exists():
        return {}
    kept = load_file(path)
    keys = kept["keys"].tobytes()
    return {
        keys[row * KEY_BYTES : (row + 1) * KEY_BYTES]: vector
        for row, vector in enumerate(kept["vectors"])
    }


def _write_cache(path: Path, known: dict[bytes, Vectors]) -> None:
    from safetensors.numpy import save

    keys = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(-1, KEY_BYTES)
    write_bytes(path, save({"keys": keys, "vectors": np.stack(list(known.values()))}))


def _fingerprint(model: str) -> str:
    """A name for the model's content; a folder whose files change gets another."""
    parts = [model]
    if Path(model).is_dir():
        files = sorted(path for path in Path(model).rglob("*") if path.is_file())
        for path in files:
            facts = path.stat()
            parts.append(f"{path.relative_to(model)}:{facts.st_size}:{facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
