"""The catalogue in one SQLite file, read where it lies; feedback in a file of its own.

The file ships with the product, so it is small: texts that repeat stand once in `names`, addresses
that follow WikiArt's scheme are not written, and the index of words keeps no text. Its words are
those of `search_words`, which SQLite only splits at spaces, so that every store finds the same.
"""

import json
import os
import sqlite3
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Final

from lambda_fn.catalogue.works import (
    UNKNOWN_ARTIST,
    Artist,
    CatalogueError,
    CatalogueUnavailableError,
    Facts,
    Feedback,
    Filters,
    ImageCheck,
    Stored,
    StyleCount,
    Work,
    can_match,
    search_words,
    wikiart_image_url,
    wikiart_page_url,
)

SCHEMA: Final = 1
"""Changes when a file that an earlier version wrote can no longer be read."""
_WAIT_S: Final = 10.0
_PAGE: Final = 500
_MAPPED_BYTES: Final = 1 << 30
_NOT_NOW: Final = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
)
"""What a disk says that may say otherwise later; the rest is damage."""
_LOAD = "`python -m training catalogue load`"
_MAKE_ANEW = f"put a copy back, or make it anew with {_LOAD}"
_MOVE_AWAY = "move it away: the next feedback makes another"

_TABLES = (
    "CREATE TABLE names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    # an address is NULL where WikiArt's scheme gives it, and empty where nobody knows it;
    # a palette is three bytes a colour
    """CREATE TABLE works (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        artist INTEGER NOT NULL,
        style INTEGER NOT NULL,
        wikiart_style INTEGER NOT NULL,
        year INTEGER,
        genre INTEGER,
        rights INTEGER NOT NULL,
        page_url TEXT,
        image_url TEXT,
        palette BLOB NOT NULL,
        image_is_there INTEGER,
        image_checked TEXT)""",
    "CREATE INDEX works_by_style ON works (style, id)",
    "CREATE INDEX works_by_year ON works (year, wikiart_style)",
    # `ascii` splits at spaces alone, as the words hold only letters and digits
    """CREATE VIRTUAL TABLE search USING fts5(
        words, content = '', columnsize = 0, detail = none, tokenize = 'ascii')""",
    "CREATE TABLE embeddings (work INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
_FEEDBACK_TABLES = (
    """CREATE TABLE feedback (
        id TEXT PRIMARY KEY,
        model TEXT NOT NULL,
        predicted TEXT NOT NULL,
        said TEXT NOT NULL,
        probabilities TEXT NOT NULL,
        received TEXT NOT NULL,
        picture BLOB)""",
    "CREATE INDEX feedback_by_time ON feedback (received, id)",
)
_NAMED = ("artist", "style", "wikiart_style", "genre", "rights")
# LEFT JOIN keeps SQLite from starting at the names
_ROWS = """
    SELECT works.number, id, title, artists.name AS artist, styles.name AS style,
        wikiart_styles.name AS wikiart_style, year, genres.name AS genre, rights.name AS rights,
        page_url, image_url, palette, image_is_there, image_checked
    FROM works
        LEFT JOIN names AS artists ON artists.number = works.artist
        LEFT JOIN names AS styles ON styles.number = works.style
        LEFT JOIN names AS wikiart_styles ON wikiart_styles.number = works.wikiart_style
        LEFT JOIN names AS genres ON genres.number = works.genre
        LEFT JOIN names AS rights ON rights.number = works.rights
"""
_NUMBER = "(SELECT number FROM names WHERE name = :{})"
_ADD_NAMES = f"INSERT OR IGNORE INTO names (name) VALUES {', '.join(f'(:{n})' for n in _NAMED)}"  # noqa: S608
_STORE = f"""
    INSERT INTO works (id, title, {", ".join(_NAMED)}, year, page_url, image_url, palette)
    VALUES (:id, :title, {", ".join(map(_NUMBER.format, _NAMED))},
        :year, :page_url, :image_url, :palette)
    ON CONFLICT (id) DO UPDATE SET
        title = excluded.title, artist = excluded.artist, style = excluded.style,
        wikiart_style = excluded.wikiart_style, genre = excluded.genre, rights = excluded.rights,
        year = excluded.year, page_url = excluded.page_url, palette = excluded.palette,
        image_is_there = iif(image_url IS excluded.image_url, image_is_there, NULL),
        image_checked = iif(image_url IS excluded.image_url, image_checked, NULL),
        image_url = excluded.image_url
    RETURNING number
"""  # noqa: S608 - made of constants
_ARTIST_SLUG = "substr(id, 1, instr(id, '/') - 1)"


def open_sqlite(file: Path) -> "SqliteCatalogue":
    """Return the catalogue in a file that nothing is written to; the disk may be read-only.

    Raises:
        CatalogueError: the file is missing, damaged or written by another version.
    """
    catalogue = SqliteCatalogue(_Connections(file, _open_to_read, _MAKE_ANEW))
    try:
        catalogue.check()
    except CatalogueError:
        catalogue.close()
        raise
    return catalogue


def _open_to_read(file: Path) -> sqlite3.Connection:
    if not file.is_file():
        raise CatalogueError(f"there is no catalogue at {file}: make one with {_LOAD}")
    if os.access(file, os.W_OK):
        # others may fill it meanwhile, or were killed doing so: SQLite sees to both, if it may
        connection = _connect(file, "mode=rw")
        connection.execute("PRAGMA query_only = ON")
        return connection
    if file.with_name(f"{file.name}-journal").exists():
        raise CatalogueError(f"filling {file} was broken off: finish it with {_LOAD}")
    connection = _connect(file, "mode=ro&immutable=1")
    # nobody can cut it off meanwhile, which would end a process that has it in its memory
    connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
    return connection


def _open_to_write(file: Path, *, wait_s: float = _WAIT_S) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    return _connect(file, "mode=rwc", wait_s=wait_s)


def _connect(file: Path, options: str, *, wait_s: float = _WAIT_S) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.resolve().as_uri()}?{options}",
        uri=True,
        timeout=wait_s,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    return connection


class _Connections:
    """Connections to one file; each serves one thread at a time, and then the next."""

    def __init__(
        self, file: Path, connect: Callable[[Path], sqlite3.Connection], remedy: str
    ) -> None:
        self._file = file
        self._connect = connect
        self._remedy = remedy
        self._idle: deque[sqlite3.Connection] = deque()
        self.close = weakref.finalize(self, _close_all, self._idle)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection."""
        with _our_errors(self._file, self._remedy):
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._connect(self._file)
            try:
                yield connection
            finally:
                self._idle.append(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for changes that are all made, or none of them."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _close_all(connections: deque[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


@contextmanager
def _our_errors(file: Path, remedy: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, _UnreadableError) as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            raise CatalogueUnavailableError(
                f"another process is filling {file}: try again when it is done"
            ) from error
        if code in _NOT_NOW:
            raise CatalogueUnavailableError(f"{file} does not answer: {error}") from error
        raise CatalogueError(f"{file} cannot be read: {error}; {remedy}") from error


class _UnreadableError(Exception):
    """A file is not what it should be."""


class SqliteCatalogue:
    """A catalogue that can be read; made by `open_sqlite`."""

    def __init__(self, connections: _Connections) -> None:
        self._connections = connections

    def close(self) -> None:
        """Let go of the file; the garbage collector does too."""
        self._connections.close()

    def check(self) -> None:
        """See whether the file is a catalogue that this version can read.

        Raises:
            CatalogueError: it is not.
        """
        with self._connections.reading() as connection:
            _check_schema(connection)

    def deadline(self, seconds: float) -> AbstractContextManager[object]:
        """Return a block that ends nothing: a file at hand answers in milliseconds."""
        return nullcontext()

    def facts(self) -> Facts:
        """Return what the catalogue says about itself."""
        with self._connections.reading() as connection:
            (works,) = connection.execute("SELECT count(*) FROM works").fetchone()
            return Facts(works, _embedding_model(connection))

    def counts(self) -> Mapping[str, StyleCount]:
        """Return the counts of each style that has works, by slug."""
        rows = self._all(
            f"""SELECT name, works, dated, artists FROM (
                    SELECT style, count(*) AS works, count(year) AS dated,
                        count(DISTINCT nullif({_ARTIST_SLUG}, :unknown)) AS artists
                    FROM works GROUP BY style)
                JOIN names ON number = style""",  # noqa: S608 - made of constants
            {"unknown": UNKNOWN_ARTIST},
        )
        return {row["name"]: StyleCount(*row[1:]) for row in rows}

    def artists(self, style: str, *, limit: int) -> Sequence[Artist]:
        """Return the artists with the most works of a style; ties by slug."""
        # counted in the index alone; then names are looked up for those that are left, whose ids
        # lie between their slug with a slash and the same with what follows a slash in ASCII
        rows = self._all(
            f"""SELECT slug, (
                    SELECT min(name) FROM works JOIN names ON names.number = artist
                    WHERE style = {_NUMBER.format("style")}
                        AND id > slug || '/' AND id < slug || '0'), works
                FROM (
                    SELECT {_ARTIST_SLUG} AS slug, count(*) AS works FROM works
                    WHERE style = {_NUMBER.format("style")} AND slug != :unknown
                    GROUP BY slug ORDER BY works DESC, slug LIMIT :limit)
                ORDER BY works DESC, slug""",  # noqa: S608 - constants
            {"style": style, "unknown": UNKNOWN_ARTIST, "limit": max(limit, 0)},
        )
        return [Artist(*row) for row in rows]

    def sample(self, style: str, *, size: int) -> Sequence[Work]:
        """Return different works of a style, drawn anew each time, or all if there are fewer."""
        return self._works(
            f"""SELECT number FROM works WHERE style = {_NUMBER.format("style")}
                ORDER BY random() LIMIT :size""",  # noqa: S608 - made of constants
            {"style": style, "size": max(size, 0)},
            order="random()",
        )

    def find(self, filters: Filters, *, limit: int, after: str = "") -> Sequence[Work]:
        """Return works in the order of their ids, from the first id after `after` on."""
        if not can_match(filters):
            return []
        conditions, values = _conditions(filters)
        return self._works(
            f"""SELECT number FROM works WHERE {" AND ".join(["id > :after", *conditions])}
                ORDER BY id LIMIT :limit""",  # noqa: S608 - made of constants
            {**values, "after": after, "limit": max(limit, 0)},
        )

    def ids(self, style: str) -> Sequence[str]:
        """Return the ids of all works of a style, in order."""
        query = f"SELECT id FROM works WHERE style = {_NUMBER.format('style')} ORDER BY id"  # noqa: S608 - constants
        return [row["id"] for row in self._all(query, {"style": style})]

    def get(self, ids: Sequence[str]) -> Mapping[str, Work]:
        """Return the works with these ids; those that are not there are left out."""
        chosen = "SELECT number FROM works WHERE id IN (SELECT value FROM json_each(:ids))"
        return {work.id: work for work in self._works(chosen, {"ids": json.dumps([*ids])})}

    def years(self) -> Mapping[str, Mapping[int, int]]:
        """Return for each WikiArt style how many works of each year there are."""
        rows = self._all(
            """SELECT name, year, works FROM (
                    SELECT wikiart_style, year, count(*) AS works FROM works
                    WHERE year IS NOT NULL GROUP BY year, wikiart_style)
                JOIN names ON number = wikiart_style""",
            {},
        )
        years: dict[str, dict[int, int]] = {}
        for name, year, works in rows:
            years.setdefault(name, {})[year] = works
        return years

    def _works(
        self, numbers: str, values: Mapping[str, object], *, order: str = "id"
    ) -> list[Work]:
        """Return the works whose numbers a query gives; only these are looked up in full."""
        query = f"{_ROWS} WHERE works.number IN ({numbers}) ORDER BY {order}"
        return [_decode(row) for row in self._all(query, values)]

    def _all(self, query: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
        with self._connections.reading() as connection:
            return connection.execute(query, values).fetchall()


class SqliteWriter(SqliteCatalogue):
    """A catalogue that can be filled; the file and its tables are made if they are missing.

    A batch is a transaction: whoever kills the process loses at most the batch that was on its
    way. wait_s: how long a batch waits for another writer's.
    """

    def __init__(self, file: Path, *, wait_s: float = _WAIT_S) -> None:
        connect = partial(_open_to_write, wait_s=wait_s)
        super().__init__(_Connections(file, connect, _MAKE_ANEW))
        self.prepare()

    def prepare(self) -> None:
        """Make the tables; does nothing where they are there."""
        with self._connections.writing() as connection:
            _make_tables(connection, _TABLES)

    def store(self, works: Sequence[Work]) -> Stored:
        """Add works, or renew those whose id is there already."""
        with self._connections.writing() as connection:
            return sum((_store(connection, _encode(work)) for work in works), Stored())

    def unchecked_images(self, *, before: str) -> Iterable[tuple[str, str]]:
        """Yield id and address of the pictures that were not checked since `before`."""
        last = ""
        # a page at a time: an open query would keep the checks from being written
        while rows := self._all(
            """SELECT id, image_url FROM works
                WHERE id > :last AND image_url IS NOT ''
                    AND (image_checked IS NULL OR image_checked < :before)
                ORDER BY id LIMIT :limit""",
            {"last": last, "before": before, "limit": _PAGE},
        ):
            for last, address in rows:
                yield last, wikiart_image_url(last) if address is None else address

    def mark_images(self, checks: Sequence[ImageCheck]) -> None:
        """Keep what was seen; works give no address of a picture that is not there."""
        with self._connections.writing() as connection:
            connection.executemany(
                "UPDATE works SET image_is_there = ?, image_checked = ? WHERE id = ?",
                [(check.is_there, check.checked, check.id) for check in checks],
            )

    def embed(self, vectors: Mapping[str, bytes], *, model: str) -> None:
        """Keep embeddings by id; the first ones of another model remove the former model's."""
        with self._connections.writing() as connection:
            if _embedding_model(connection) != model:
                connection.execute("DELETE FROM embeddings")
                connection.execute(
                    "INSERT OR REPLACE INTO meta VALUES ('embedding_model', ?)", (model,)
                )
            connection.executemany(
                "INSERT OR REPLACE INTO embeddings SELECT number, ? FROM works WHERE id = ?",
                [(vector, work_id) for work_id, vector in vectors.items()],
            )

    def embeddings(self) -> Iterable[tuple[str, bytes]]:
        """Yield id and embedding of the works that have one; `facts` names the model."""
        last = -1
        while rows := self._all(
            """SELECT number, id, vector FROM embeddings JOIN works ON number = work
                WHERE work > :last ORDER BY work LIMIT :limit""",
            {"last": last, "limit": _PAGE},
        ):
            yield from ((row["id"], row["vector"]) for row in rows)
            last = rows[-1]["number"]

    def write_compact(self, target: Path) -> None:
        """Write the works to another file, as small as can be and in the order of their ids.

        The same works always make the same file. Embeddings stay behind: what ships has them in
        the model folder.
        """
        temporary = target.with_name(f"{target.name}.tmp")
        temporary.unlink(missing_ok=True)
        with self._connections.reading() as connection, closing(SqliteWriter(temporary)) as copy:
            copy._fill(dict(row) for row in connection.execute(f"{_ROWS} ORDER BY id"))
        temporary.replace(target)

    def _fill(self, rows: Iterable[dict[str, object]]) -> None:
        with self._connections.writing() as connection:
            for row in rows:
                _store(connection, row)
                connection.execute(
                    """UPDATE works SET image_is_there = :image_is_there,
                        image_checked = :image_checked WHERE id = :id""",
                    row,
                )
            connection.execute("INSERT INTO search (search) VALUES ('optimize')")
        with self._connections.reading() as connection:
            connection.execute("VACUUM")


class SqliteFeedback:
    """Feedback in a file of its own, made when the first comes in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connections = _Connections(file, _open_to_write, _MOVE_AWAY)

    def close(self) -> None:
        """Let go of the file; the garbage collector does too."""
        self._connections.close()

    def add(self, feedback: Feedback) -> None:
        """Keep it, in the place of an earlier one about the same answer."""
        row = (
            feedback.id,
            feedback.model,
            feedback.predicted,
            feedback.said,
            json.dumps(dict(feedback.probabilities)),
            feedback.received,
            feedback.picture,
        )
        with self._connections.writing() as connection:
            _make_tables(connection, _FEEDBACK_TABLES)
            connection.execute("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def all(self) -> Iterable[Feedback]:
        """Yield all that was kept, by the time it came in."""
        last = ("", "")
        while rows := self._page(last):
            for row in rows:
                yield Feedback(**{**dict(row), "probabilities": json.loads(row["probabilities"])})
            last = (rows[-1]["received"], rows[-1]["id"])

    def forget(self, answer: str) -> bool:
        """Delete what was said about an answer, and overwrite where its picture was in the file."""
        if not self._file.exists():
            return False
        with self._connections.writing() as connection:
            _check_schema(connection)
            connection.execute("PRAGMA secure_delete = ON")
            done = connection.execute("DELETE FROM feedback WHERE id = ?", (answer,))
            return done.rowcount > 0

    def _page(self, last: tuple[str, str]) -> list[sqlite3.Row]:
        if not self._file.exists():
            return []
        with self._connections.reading() as connection:
            _check_schema(connection)
            return connection.execute(
                """SELECT * FROM feedback WHERE (received, id) > (?, ?)
                    ORDER BY received, id LIMIT 100""",
                last,
            ).fetchall()


def _make_tables(connection: sqlite3.Connection, tables: Sequence[str]) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        _check_schema(connection)
        return
    for table in tables:
        connection.execute(table)
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _check_schema(connection: sqlite3.Connection) -> None:
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if schema != SCHEMA:
        raise _UnreadableError(f"its schema is {schema}, but this version reads {SCHEMA}")


def _embedding_model(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'embedding_model'").fetchone()
    return None if row is None else str(row["value"])


def _conditions(filters: Filters) -> tuple[list[str], dict[str, object]]:
    """Return what narrows the works, as SQL, and the values in it."""
    values: dict[str, object] = {
        "words": " AND ".join(f'"{word}"*' for word in filters.words) or None,
        "style": filters.style,
        # '0' comes right after '/': all ids of an artist lie between the two
        "artist": filters.artist and f"{filters.artist}/",
        "behind_artist": filters.artist and f"{filters.artist}0",
        "first_year": filters.first_year,
        "last_year": filters.last_year,
        "rights": filters.rights,
    }
    conditions = {
        "words": "number IN (SELECT rowid FROM search WHERE search MATCH :words)",
        "style": f"style = {_NUMBER.format('style')}",
        "artist": "id > :artist",
        "behind_artist": "id < :behind_artist",
        "first_year": "year >= :first_year",
        "last_year": "year <= :last_year",
        "rights": f"rights = {_NUMBER.format('rights')}",
    }
    given = {name: value for name, value in values.items() if value is not None}
    return [conditions[name] for name in given], given


def _store(connection: sqlite3.Connection, row: dict[str, object]) -> Stored:
    old = connection.execute(f"{_ROWS} WHERE id = :id", row).fetchone()
    if old is not None:
        row = {**row, "palette": row["palette"] or old["palette"]}
        if all(old[name] == value for name, value in row.items()):
            return Stored(same=1)
    connection.execute(_ADD_NAMES, row)
    ((number,),) = connection.execute(_STORE, row).fetchall()
    _index_words(connection, number, old=_words(old) if old else None, new=_words(row))
    return Stored(new=1) if old is None else Stored(changed=1)


def _index_words(connection: sqlite3.Connection, number: int, *, old: str | None, new: str) -> None:
    if old == new:
        return
    if old is not None:  # FTS5 keeps no text, so it must be told what goes
        connection.execute(
            "INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)", (number, old)
        )
    connection.execute("INSERT INTO search (rowid, words) VALUES (?, ?)", (number, new))


def _words(row: Mapping[str, object] | sqlite3.Row) -> str:
    return " ".join(search_words(f"{row['title']} {row['artist']}"))


def _encode(work: Work) -> dict[str, object]:
    """Return the columns of a work, with the names themselves instead of their numbers."""
    return {
        "id": work.id,
        "title": work.title,
        "artist": work.artist,
        "style": work.style,
        "wikiart_style": work.wikiart_style,
        "year": work.year,
        "genre": work.genre,
        "rights": work.rights,
        "page_url": _shorten(work.page_url, wikiart_page_url(work.id)),
        "image_url": _shorten(work.image_url, wikiart_image_url(work.id)),
        "palette": b"".join(bytes.fromhex(colour[1:]) for colour in work.palette),
    }


def _decode(row: sqlite3.Row) -> Work:
    is_gone = row["image_is_there"] == 0
    colours = row["palette"].hex()
    return Work(
        id=row["id"],
        title=row["title"],
        artist=row["artist"],
        style=row["style"],
        wikiart_style=row["wikiart_style"],
        year=row["year"],
        genre=row["genre"],
        rights=row["rights"],
        page_url=_lengthen(row["page_url"], wikiart_page_url(row["id"])),
        image_url=_lengthen("" if is_gone else row["image_url"], wikiart_image_url(row["id"])),
        palette=tuple([f"#{colours[at : at + 6]}" for at in range(0, len(colours), 6)]),
    )


def _shorten(address: str | None, by_scheme: str) -> str | None:
    return None if address == by_scheme else address or ""


def _lengthen(short: str | None, by_scheme: str) -> str | None:
    return by_scheme if short is None else short or None
