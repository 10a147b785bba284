"""Puts together the texts that speak of the same thing, offline: TF-IDF, then NMF.

A first sort for whoever reads, not a result: what it calls a group is a list of words. It needs
scikit-learn, snowballstemmer and stop-words, which `pip install 'consultation[texts]'` brings; they
are heavy, so commands load them and pages never do.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from consultation.refusals import Refusal
from consultation.results.sayings import Clustering, Saying
from consultation.results.texts import EMAIL, NAME, NUMBER, PHONE

GROUPS = 12
WORDS = 8  # shown for each group
FEWEST_TEXTS = 30
TYPICAL = 0.35  # of a text's weight: below, its group says too little of it
SEED = 20240628  # the same texts give the same groups

_MARKS = re.compile("|".join(map(re.escape, (EMAIL, PHONE, NUMBER, NAME))))
_TOKEN = re.compile(r"[^\W\d_]{3,}")


class ToolsMissing(Refusal):
    """Le regroupement demande des outils en plus : pip install 'consultation[texts]'."""

    status = 409
    title = "Outils absents"


class TooFewToGroup(Refusal):
    """Il faut au moins trente textes différents pour les regrouper. Lisez-les plutôt."""

    status = 409
    title = "Trop peu de textes"


def group(sayings: Iterable[Saying], groups: int = GROUPS) -> Clustering:
    """Put the texts in so many groups at most; a text that no group describes is in none."""
    texts = list(sayings)
    if len(texts) < FEWEST_TEXTS:
        raise TooFewToGroup
    stem, stop = _stemmer(), _stop_words()
    shown: dict[str, Counter[str]] = {}  # by stem, the words as people write them

    def tokens(text: str) -> list[str]:
        found = []
        for word in _TOKEN.findall(_MARKS.sub(" ", text).lower()):
            if _plain(word) not in stop:
                stemmed = _plain(stem(word))
                shown.setdefault(stemmed, Counter())[word] += 1
                found.append(stemmed)
        return found

    return _clustered(texts, tokens, shown, groups)


def _clustered(
    texts: Sequence[Saying],
    tokens: Callable[[str], list[str]],
    shown: dict[str, Counter[str]],
    groups: int,
) -> Clustering:
    try:
        import numpy as np
        from sklearn.decomposition import NMF
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise ToolsMissing from error
    vectorizer = TfidfVectorizer(
        analyzer=tokens, sublinear_tf=True, min_df=3, max_df=0.5, max_features=5000
    )
    try:
        weights = vectorizer.fit_transform(one.text for one in texts)
    except ValueError as error:  # no word is in three texts
        raise TooFewToGroup from error
    size = max(1, min(groups, weights.shape[1]))
    model = NMF(size, init="nndsvd", solver="cd", max_iter=300, tol=1e-3, random_state=SEED)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        # A first sort needs no more rounds than these; a perfect one is a root of nearly zero.
        warnings.simplefilter("ignore", ConvergenceWarning)
        loads = model.fit_transform(weights)
    names = vectorizer.get_feature_names_out()
    words = tuple(
        tuple(shown[names[place]].most_common(1)[0][0] for place in line.argsort()[::-1][:WORDS])
        for line in model.components_
    )
    members = {}
    for saying, line in zip(texts, loads, strict=True):
        best, total = int(line.argmax()), float(line.sum())
        if total > 0 and line[best] / total >= TYPICAL:
            members[saying.id] = (best, float(line[best]))
    return Clustering(words=words, members=members)


def _stemmer() -> Callable[[str], str]:
    try:
        import snowballstemmer
    except ImportError as error:
        raise ToolsMissing from error
    stem: Callable[[str], str] = snowballstemmer.stemmer("french").stemWord
    return lru_cache(maxsize=50_000)(stem)


def _stop_words() -> frozenset[str]:
    try:
        from stop_words import get_stop_words
    except ImportError as error:
        raise ToolsMissing from error
    return frozenset(_plain(word) for word in get_stop_words("fr"))


def _plain(word: str) -> str:
    """Without accents: many people write none."""
    letters = unicodedata.normalize("NFKD", word)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
