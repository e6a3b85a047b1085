"""The catalogue and the feedback in MongoDB: Atlas, DocumentDB or a server of one's own.

Only what all three have is used: no `$facet`, no `$text`, no collation, no pipeline in an update.
What a caller sends is compared as a string and never becomes a query. A document that is no work is
left out of answers and counted in the log. The driver's messages can hold parts of the connection
string, so none is passed on.
"""

import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any, Final, TypeVar

import numpy as np
import pymongo
from bson.errors import BSONError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pymongo import IndexModel, MongoClient, UpdateOne
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
)

from lambda_fn.catalogue.neighbours import quantise, restore
from lambda_fn.catalogue.works import (
    ID_PATTERN,
    UNKNOWN_ARTIST,
    Artist,
    CatalogueError,
    CatalogueUnavailableError,
    Facts,
    Feedback,
    Filters,
    ImageCheck,
    Rights,
    Stored,
    StyleCount,
    Work,
    can_match,
    search_words,
)

_Kind = TypeVar("_Kind")
_logger = logging.getLogger(__name__)

SCHEMA: Final = 1
"""Changes when documents that an earlier version wrote can no longer be read."""
DATABASE: Final = "artstyle"
"""Where the URI names none."""
_BATCH_TIMEOUT_S: Final = 60.0
_CLOSE_TIMEOUT_S: Final = 1.0
_PAGE: Final = 500
_Document = dict[str, Any]  # what BSON can hold, before it is checked

INDEXES: Final[Mapping[str, tuple[IndexModel, ...]]] = {
    "works": (
        IndexModel([("words", 1)]),
        IndexModel([("style", 1), ("_id", 1)]),
        IndexModel([("rights", 1), ("_id", 1)]),
        IndexModel([("year", 1), ("_id", 1)]),
        # the two from which counts and years are read without the works
        IndexModel([("style", 1), ("artist_slug", 1), ("artist", 1), ("year", 1)]),
        IndexModel([("wikiart_style", 1), ("year", 1)]),
    ),
    "feedback": (IndexModel([("received", 1), ("_id", 1)]),),
}
"""Made by `prepare`. Atlas Vector Search takes an index that only its own interface makes:

    {"fields": [{"type": "vector", "path": "embedding.vector", "similarity": "cosine",
                 "numDimensions": embedding_size of the model's manifest},
                {"type": "filter", "path": "embedding.model"},
                {"type": "filter", "path": "style"}, {"type": "filter", "path": "rights"}]}
"""

# The address given may replace each of these. Reads are repeated after a failure as long as
# timeoutMS or a `deadline` lasts, so that a repetition breaks neither. DocumentDB knows no repeated
# writes; all of ours may be done twice, so whoever fills the catalogue can start again.
_OPTIONS: Final[Mapping[str, Any]] = {
    "appName": "style-your-art",
    "maxPoolSize": 5,
    "maxIdleTimeMS": 60_000,
    "readPreference": "primaryPreferred",  # what was just written is read; no primary, no matter
    "retryReads": True,
    "retryWrites": False,
    "w": "majority",
    "journal": True,
    # text and dates that Python has no value for make a document broken, not the whole answer
    "unicode_decode_error_handler": "replace",
    "datetime_conversion": "DATETIME_AUTO",
}
_ANY_TEXT: Final = {"$gte": ""}
_ANY_NUMBER: Final = {"$gte": -math.inf}
_HAS_YEAR: Final = {"$and": [{"$gte": ["$year", -math.inf]}, {"$lte": ["$year", math.inf]}]}


class MongoCatalogue:
    """A catalogue that can be read and filled, and the feedback beside it.

    uri: `mongodb://` or `mongodb+srv://`, with credentials. database: unless the URI names one.
    timeout_s: what a question may take outside of a `deadline`; batches may take a minute.

    The server is first spoken to when something is asked. One object serves all threads; make it
    once per process.

    Raises:
        CatalogueError: the URI cannot be one.
    """

    def __init__(self, uri: str, *, database: str = DATABASE, timeout_s: float = 3.0) -> None:
        try:
            client = _make_client(uri, timeout_ms=round(timeout_s * 1000))
            self._database = client.get_default_database(database)
        except (PyMongoError, ValueError, TypeError):
            raise CatalogueError(
                "the address of the MongoDB cannot be used: it should be like "
                "mongodb+srv://USER:PASSWORD@HOST/DATABASE, with special characters as %XX"
            ) from None
        self._client = client
        self._works = self._database["works"]
        self._meta = self._database["meta"]
        self._feedback = self._database["feedback"]

    def deadline(self, seconds: float) -> AbstractContextManager[object]:
        """Return a block in which all that is asked together takes at most so long."""
        return pymongo.timeout(max(seconds, 0.001))  # 0 would be no limit

    def facts(self) -> Facts:
        """Return what the catalogue says about itself; also the way to see whether it answers."""
        with _our_errors():
            meta = self._read_meta()
            works = self._works.count_documents({"_id": _ANY_TEXT})
        model = meta.get("embedding_model")
        return Facts(works, model if isinstance(model, str) else None)

    def counts(self) -> Mapping[str, StyleCount]:
        """Return the counts of each style that has works, by slug."""
        by_artist = {
            "_id": {"style": "$style", "artist": "$artist_slug"},
            "works": {"$sum": 1},
            "dated": {"$sum": {"$cond": [_HAS_YEAR, 1, 0]}},
        }
        by_style = {
            "_id": "$_id.style",
            "works": {"$sum": "$works"},
            "dated": {"$sum": "$dated"},
            "artists": {"$sum": {"$cond": [{"$ne": ["$_id.artist", UNKNOWN_ARTIST]}, 1, 0]}},
        }
        groups = self._aggregate(
            {"$match": {"style": _ANY_TEXT}}, {"$group": by_artist}, {"$group": by_style}
        )
        return {
            group["_id"]: StyleCount(group["works"], group["dated"], group["artists"])
            for group in groups
            if isinstance(group["_id"], str)
        }

    def artists(self, style: str, *, limit: int) -> Sequence[Artist]:
        """Return the artists with the most works of a style; ties by slug."""
        if limit < 1:
            return []
        known = {**_ANY_TEXT, "$ne": UNKNOWN_ARTIST}
        groups = self._aggregate(
            {"$match": {"style": style, "artist_slug": known, "artist": _ANY_TEXT}},
            {
                "$group": {
                    "_id": "$artist_slug",
                    "name": {"$min": "$artist"},
                    "works": {"$sum": 1},
                }
            },
            {"$sort": {"works": -1, "_id": 1}},
            {"$limit": limit},
        )
        return [
            Artist(group["_id"], group["name"], group["works"])
            for group in groups
            if isinstance(group["_id"], str) and isinstance(group["name"], str)
        ]

    def sample(self, style: str, *, size: int) -> Sequence[Work]:
        """Return different works of a style, drawn anew each time, or all if there are fewer."""
        if size < 1:
            return []
        # drawn from the index, as drawing among whole works would read all of them
        drawn = self._aggregate(
            {"$match": {"style": style, "_id": _ANY_TEXT}},
            {"$project": {"_id": 1}},
            {"$sample": {"size": size}},
        )
        works = self.get([document["_id"] for document in drawn])
        return [works[document["_id"]] for document in drawn if document["_id"] in works]

    def find(self, filters: Filters, *, limit: int, after: str = "") -> Sequence[Work]:
        """Return works in the order of their ids, from the first id after `after` on."""
        works: list[Work] = []
        if not can_match(filters):
            return works
        # again only where broken documents left a page short
        while (missing := limit - len(works)) > 0:
            documents = self._find(_query(filters, after), limit=missing)
            works.extend(_readable(documents))
            if len(documents) < missing:
                break
            after = documents[-1]["_id"]
        return works

    def ids(self, style: str) -> Sequence[str]:
        """Return the ids of all works of a style, in order."""
        with _our_errors():
            found = self._works.find({"style": style, "_id": _ANY_TEXT}, {"_id": 1})
            return [document["_id"] for document in found.sort("_id", 1)]

    def get(self, ids: Sequence[str]) -> Mapping[str, Work]:
        """Return the works with these ids; those that are not there are left out."""
        possible = [one for one in ids if re.fullmatch(ID_PATTERN, one)]
        if not possible:
            return {}
        documents = self._find({"_id": {"$in": possible}}, limit=len(possible))
        return {work.id: work for work in _readable(documents)}

    def years(self) -> Mapping[str, Mapping[int, int]]:
        """Return for each WikiArt style how many works of each year there are."""
        groups = self._aggregate(
            {"$match": {"wikiart_style": _ANY_TEXT, "year": _ANY_NUMBER}},
            {
                "$group": {
                    "_id": {"style": "$wikiart_style", "year": "$year"},
                    "works": {"$sum": 1},
                }
            },
        )
        years: dict[str, dict[int, int]] = {}
        for group in groups:
            style, year = group["_id"]["style"], group["_id"]["year"]
            if isinstance(style, str) and isinstance(year, int):
                years.setdefault(style, {})[year] = group["works"]
        return years

    def prepare(self) -> None:
        """Make the indexes that are missing; does nothing where all are there."""
        with _our_errors(), pymongo.timeout(_BATCH_TIMEOUT_S):
            self._read_meta()
            for name, indexes in INDEXES.items():
                self._database[name].create_indexes(list(indexes))
            self._write_meta({"schema": SCHEMA})

    def store(self, works: Sequence[Work]) -> Stored:
        """Add works, or renew those whose id is there already."""
        with _our_errors(), pymongo.timeout(_BATCH_TIMEOUT_S):
            ids = [work.id for work in works]
            found = self._works.find({"_id": {"$in": ids}}, {"embedding": 0})
            stored, changes = _compare(works, {document["_id"]: document for document in found})
            if changes:
                self._works.bulk_write(changes, ordered=False)
        return stored

    def unchecked_images(self, *, before: str) -> Iterable[tuple[str, str]]:
        """Yield id and address of the pictures that were not checked since `before`."""
        last = ""
        # a page at a time: checking takes hours, and no server keeps a query open for so long
        while documents := self._find(
            {
                "_id": {"$gt": last},
                "image_url": _ANY_TEXT,
                "$or": [{"image_checked": None}, {"image_checked": {"$lt": before}}],
            },
            limit=_PAGE,
        ):
            for document in documents:
                last = document["_id"]
                yield last, document["image_url"]

    def mark_images(self, checks: Sequence[ImageCheck]) -> None:
        """Keep what was seen; works give no address of a picture that is not there."""
        self._update(
            (check.id, {"image_is_there": check.is_there, "image_checked": check.checked})
            for check in checks
        )

    def embed(self, vectors: Mapping[str, bytes], *, model: str) -> None:
        """Keep embeddings by id; the first ones of another model remove the former model's.

        They are kept as numbers, of unit length, because that is what vector indexes take.
        """
        with _our_errors(), pymongo.timeout(_BATCH_TIMEOUT_S):
            if self._read_meta().get("embedding_model") != model:
                # in this order a process killed on the way does it again
                others = {"embedding": {"$exists": True}, "embedding.model": {"$ne": model}}
                self._works.update_many(others, {"$unset": {"embedding": ""}})
                self._write_meta({"embedding_model": model})
        self._update(
            (work_id, {"embedding": {"model": model, "vector": _to_numbers(vector)}})
            for work_id, vector in vectors.items()
        )

    def embeddings(self) -> Iterable[tuple[str, bytes]]:
        """Yield id and embedding of the works that have one; `facts` names the model."""
        last, model = "", self.facts().embedding_model
        kept = {"embedding.model": model, "embedding.vector": _ANY_NUMBER}
        while documents := self._find(
            {"_id": {"$gt": last}, **kept}, limit=_PAGE, fields=["embedding"]
        ):
            for document in documents:
                last = document["_id"]
                yield last, _to_bytes(document["embedding"]["vector"])

    def close(self) -> None:
        """Close the connections; a server that no longer answers is left after a second."""
        with pymongo.timeout(_CLOSE_TIMEOUT_S):
            self._client.close()

    def add(self, feedback: Feedback) -> None:
        """Keep feedback, in the place of an earlier one about the same answer."""
        document = {
            "model": feedback.model,
            "predicted": feedback.predicted,
            "said": feedback.said,
            "probabilities": dict(feedback.probabilities),
            "received": feedback.received,
            "picture": feedback.picture,
        }
        with _our_errors():
            self._feedback.replace_one({"_id": feedback.id}, document, upsert=True)

    def all(self) -> Iterable[Feedback]:
        """Yield all feedback that was kept, by the time it came in."""
        with _our_errors(), self._feedback.find(batch_size=100) as cursor:
            for document in cursor.sort([("received", 1), ("_id", 1)]):
                yield from _checked([document], _FeedbackDocument.read)

    def forget(self, answer: str) -> bool:
        """Delete what was said about an answer, its picture too; return whether there was any."""
        with _our_errors():
            return self._feedback.delete_one({"_id": answer}).deleted_count > 0

    def _find(
        self, query: _Document, *, limit: int, fields: Sequence[str] | None = None
    ) -> list[_Document]:
        with _our_errors():
            return list(self._works.find(query, fields or _FIELDS).sort("_id", 1).limit(limit))

    def _aggregate(self, *stages: _Document) -> list[_Document]:
        with _our_errors():
            return list(self._works.aggregate(list(stages)))

    def _update(self, facts_by_id: Iterable[tuple[str, _Document]]) -> None:
        """Set facts of works; those that are not there stay away."""
        changes = [UpdateOne({"_id": one}, {"$set": facts}) for one, facts in facts_by_id]
        if changes:
            with _our_errors(), pymongo.timeout(_BATCH_TIMEOUT_S):
                self._works.bulk_write(changes, ordered=False)

    def _read_meta(self) -> _Document:
        meta = self._meta.find_one({"_id": "catalogue"}) or {}
        schema = meta.get("schema", SCHEMA)
        if schema != SCHEMA:
            raise CatalogueError(
                f"the MongoDB has the schema {schema}, but this version reads {SCHEMA}: "
                "name another database in its address and fill that one"
            )
        return meta

    def _write_meta(self, facts: _Document) -> None:
        self._meta.update_one({"_id": "catalogue"}, {"$set": facts}, upsert=True)


def _make_client(uri: str, *, timeout_ms: int) -> MongoClient[_Document]:
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("the driver takes a bare host, too")
    options = {
        **_OPTIONS,
        "timeoutMS": timeout_ms,
        "serverSelectionTimeoutMS": timeout_ms,
        "connectTimeoutMS": timeout_ms,
    }
    given = {option.partition("=")[0].lower() for option in re.split("[&;]", uri.partition("?")[2])}
    options = {name: value for name, value in options.items() if name.lower() not in given}
    return MongoClient(uri, connect=False, **options)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except (PyMongoError, BSONError) as error:
        reason = type(error).__name__
        if isinstance(error, OperationFailure) and error.details:
            reason = str(error.details.get("codeName", reason))
        # an address of mongodb+srv that cannot be looked up now is a ConfigurationError
        is_passing = isinstance(error, ConnectionFailure | ConfigurationError) or (
            isinstance(error, PyMongoError) and error.timeout
        )
    else:
        return
    if is_passing:
        raise CatalogueUnavailableError(f"the MongoDB does not answer ({reason})") from None
    raise CatalogueError(
        f"the MongoDB refuses ({reason}): see to its address, user, rights and version"
    ) from None


class _WorkDocument(BaseModel):
    """What a document must be to be read as a work."""

    model_config = ConfigDict(strict=True)

    id: str = Field(alias="_id", pattern=f"^{ID_PATTERN}$")
    title: str
    artist: str
    style: str
    wikiart_style: str
    year: int | None = None
    genre: str | None = None
    rights: Rights = "unknown"
    page_url: str | None = None
    image_url: str | None = None
    palette: tuple[Annotated[str, Field(pattern="^#[0-9a-f]{6}$")], ...] = Field((), strict=False)
    image_is_there: bool | None = Field(None, exclude=True)

    @classmethod
    def read(cls, document: _Document) -> Work:
        """Return the work in a document, without the address of a picture that is not there."""
        checked = cls.model_validate(document)
        if checked.image_is_there is False:
            checked.image_url = None
        return Work(**checked.model_dump())


class _FeedbackDocument(BaseModel):
    """What a document must be to be read as feedback."""

    model_config = ConfigDict(strict=True)

    id: str = Field(alias="_id")
    model: str
    predicted: str
    said: str
    probabilities: dict[str, float]
    received: str
    picture: bytes | None = None

    @classmethod
    def read(cls, document: _Document) -> Feedback:
        """Return the feedback in a document."""
        return Feedback(**cls.model_validate(document).model_dump())


_FIELDS = [field.alias or name for name, field in _WorkDocument.model_fields.items()]


def _readable(documents: Iterable[_Document]) -> list[Work]:
    return _checked(documents, _WorkDocument.read)


def _checked(documents: Iterable[_Document], read: Callable[[_Document], _Kind]) -> list[_Kind]:
    """Return what can be read of documents; the others are counted in the log."""
    good, broken = [], 0
    for document in documents:
        try:
            good.append(read(document))
        except ValidationError:
            broken += 1
    if broken:
        _logger.warning("broken documents skipped", extra={"documents": broken})
    return good


def _query(filters: Filters, after: str) -> _Document:
    ids = {"$gt": after}
    if filters.artist is not None:
        # "0" comes right after "/": all ids of an artist lie between the two
        ids = {"$gt": max(after, f"{filters.artist}/"), "$lt": f"{filters.artist}0"}
    years = {"$gte": filters.first_year, "$lte": filters.last_year}
    years = {end: year for end, year in years.items() if year is not None}
    query = {
        "_id": ids,
        "style": filters.style,
        "year": years or None,
        "rights": filters.rights,
        "$and": [{"words": {"$regex": f"^{re.escape(word)}"}} for word in filters.words] or None,
    }
    return {name: value for name, value in query.items() if value is not None}


def _compare(
    works: Sequence[Work], known: Mapping[str, _Document]
) -> tuple[Stored, list[UpdateOne]]:
    """Return what works change in the documents that are known by id, and the changes."""
    stored, renewed = Stored(), dict[str, _Document]()
    for work in works:
        old = renewed.get(work.id) or known.get(work.id)
        new = _encode(work)
        if old is None:
            stored += Stored(new=1)
        else:
            new["palette"] = new["palette"] or [*_palette(old)]
            if new.items() <= old.items():
                stored += Stored(same=1)
                continue
            stored += Stored(changed=1)
        renewed[work.id] = new
    return stored, [_change(known.get(one), facts) for one, facts in renewed.items()]


def _change(old: _Document | None, new: _Document) -> UpdateOne:
    change: _Document = {"$set": new}
    if old is not None and old.get("image_url") != new["image_url"]:
        change["$unset"] = {"image_is_there": "", "image_checked": ""}
    return UpdateOne({"_id": new["_id"]}, change, upsert=True)


def _palette(document: _Document) -> Sequence[str]:
    return next((work.palette for work in _readable([document])), ())


def _encode(work: Work) -> _Document:
    return {
        "_id": work.id,
        "title": work.title,
        "artist": work.artist,
        "artist_slug": work.artist_slug,
        "style": work.style,
        "wikiart_style": work.wikiart_style,
        "year": work.year,
        "genre": work.genre,
        "rights": work.rights,
        "page_url": work.page_url,
        "image_url": work.image_url,
        "palette": [*work.palette],
        "words": [*search_words(f"{work.title} {work.artist}")],
    }


def _to_numbers(vector: bytes) -> list[float]:
    numbers: list[float] = restore(np.frombuffer(vector, np.int8)[None])[0].tolist()
    return numbers


def _to_bytes(vector: Sequence[float]) -> bytes:
    quantised: bytes = quantise(np.array([vector], np.float32)).tobytes()
    return quantised
