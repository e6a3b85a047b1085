"""Looking through styles and catalogue: what the routes answer, and what never reaches a store."""

from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from lambda_fn.app import create_app
from lambda_fn.catalogue.works import Work
from lambda_fn.contract.styles import STYLES
from tests.fakes import FakeCatalogue, FakeModel, make_companions, make_work, make_works
from tests.lambda_fn.replies import assert_error

LIST = "/v1/artworks"
OF_STYLE = "/v1/styles/cubism/artworks"
CATALOGUE_ROUTES = [
    "/v1/styles/cubism/artists",
    OF_STYLE,
    LIST,
    "/v1/artworks/cubism-artist-0/work-000",
    "/v1/chronology",
]


@pytest.fixture
def store() -> FakeCatalogue:
    return FakeCatalogue(make_works())


@pytest.fixture
def client(store: FakeCatalogue) -> TestClient:
    return make_client(store)


def make_client(store: FakeCatalogue) -> TestClient:
    companions = make_companions(store)
    return TestClient(create_app(FakeModel(), max_body_bytes=200_000, companions=companions))


def get(client: TestClient, path: str, **query: Any) -> Any:
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def ids(body: Any) -> list[str]:
    return [work["id"] for work in body["works"]]


def all_pages(client: TestClient, path: str, **query: Any) -> list[list[str]]:
    """Follow the cursors to the end; return the ids of each page."""
    pages, cursor = [], ""
    while True:
        body = get(client, path, **query, **({"cursor": cursor} if cursor else {}))
        pages.append(ids(body))
        cursor = body["next_cursor"]
        if cursor is None:
            return pages


def test_styles_say_how_much_the_catalogue_has_of_each(client: TestClient) -> None:
    styles = {style["slug"]: style["counts"] for style in get(client, "/v1/styles")["styles"]}

    assert styles["cubism"] == {"works": 20, "dated": 20, "artists": 2}
    assert styles["baroque"] == {"works": 0, "dated": 0, "artists": 0}


def test_styles_give_a_taste_of_their_story_and_their_period(client: TestClient) -> None:
    styles = {style["slug"]: style for style in get(client, "/v1/styles")["styles"]}

    assert styles["baroque"]["taste"] == "Baroque art wants to move the viewer at once."
    assert styles["baroque"]["period"] == {"from": 1600, "to": 1780, "words": "about 1600 to 1780"}


def test_styles_are_listed_without_counts_while_the_catalogue_is_away(
    client: TestClient, store: FakeCatalogue
) -> None:
    store.is_failing = True

    styles = get(client, "/v1/styles")["styles"]

    assert [style["slug"] for style in styles] == [style.slug for style in STYLES]
    assert {style["counts"] for style in styles} == {None}


def test_a_style_tells_its_story_its_parts_its_counts_and_its_record(client: TestClient) -> None:
    style = get(client, "/v1/styles/impressionism")

    assert style["name"] == "Impressionism"
    assert style["wikiart_styles"] == ["Impressionism", "Post-Impressionism"]
    assert style["known"] is True
    assert style["counts"]["works"] == 20
    assert style["story"]["work"]["place"]
    assert len(style["story"]["parts"]) == 2
    assert style["track_record"]["confused_with"] == "ukiyo-e"


def test_a_style_that_the_model_does_not_know_has_no_record(client: TestClient) -> None:
    style = get(client, "/v1/styles/surrealism")

    assert style["known"] is False
    assert style["track_record"] is None


def test_a_style_has_its_story_while_the_catalogue_is_away(
    client: TestClient, store: FakeCatalogue
) -> None:
    store.is_failing = True

    style = get(client, "/v1/styles/impressionism")

    assert style["counts"] is None
    assert style["story"]["text"]


@pytest.mark.parametrize("path", ["/v1/styles", "/v1/styles/cubism", "/v1/chronology"])
def test_what_takes_long_to_count_may_be_kept_for_five_minutes(
    client: TestClient, path: str
) -> None:
    assert client.get(path).headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("path", ["/v1/styles", "/v1/styles/cubism"])
def test_an_answer_without_counts_is_not_kept(
    client: TestClient, store: FakeCatalogue, path: str
) -> None:
    store.is_failing = True

    assert "max-age" not in client.get(path).headers.get("Cache-Control", "")


def test_the_artists_of_a_style_are_three_unless_more_are_asked_for() -> None:
    works = [
        make_work(number, artist=f"Artist {number % 5}", id=f"artist-{number % 5}/{number}")
        for number in range(19)
    ]
    client = make_client(FakeCatalogue(works))

    three = get(client, "/v1/styles/cubism/artists")["artists"]
    five = get(client, "/v1/styles/cubism/artists", limit=100)["artists"]

    assert [artist["slug"] for artist in three] == ["artist-0", "artist-1", "artist-2"]
    assert [artist["works"] for artist in five] == [4, 4, 4, 4, 3]
    assert five[0]["page_url"] == "https://www.wikiart.org/en/artist-0"


@pytest.mark.parametrize("path", ["", "/artists", "/artworks"])
@pytest.mark.parametrize(
    "slug", ["nonsense", "Cubism", "%00", "%7B%22$gt%22:%22%22%7D", "a" * 9000]
)
def test_an_unknown_style_is_not_found_and_told_where_the_list_is(
    client: TestClient, store: FakeCatalogue, slug: str, path: str
) -> None:
    response = client.get(f"/v1/styles/{slug}{path}")

    assert "GET /v1/styles" in assert_error(response, 404, "unknown_style")
    assert store.asked == []


@pytest.mark.parametrize(("path", "works"), [(LIST, 60), (OF_STYLE, 20)])
@pytest.mark.parametrize("limit", [1, 7, 20, 100])
def test_pages_together_hold_every_work_once_in_order(
    client: TestClient, path: str, works: int, limit: int
) -> None:
    pages = all_pages(client, path, limit=limit)

    together = [one for page in pages for one in page]
    assert together == sorted(set(together))
    assert len(together) == works
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1]


def test_a_page_stays_whole_when_works_come_and_go(
    client: TestClient, store: FakeCatalogue
) -> None:
    first = get(client, OF_STYLE, limit=5)
    store.works.insert(0, make_work(500, id="aaa/first"))
    del store.works[store.works.index(next(w for w in store.works if w.id == ids(first)[-1]))]

    second = get(client, OF_STYLE, limit=5, cursor=first["next_cursor"])

    assert set(ids(second)).isdisjoint(ids(first))
    assert ids(second)[0] > ids(first)[-1]


def test_a_cursor_fits_into_an_address_as_it_is(client: TestClient) -> None:
    cursor = get(client, LIST, limit=7)["next_cursor"]

    assert str(httpx.QueryParams({"cursor": cursor})) == f"cursor={cursor}"


@pytest.fixture
def varied() -> TestClient:
    works = [
        Work("claude-monet/poppies", "Poppies", "Claude Monet", "impressionism", "Impressionism",
             1873, rights="public-domain"),
        Work("claude-monet/water-lilies", "Water Lilies", "Claude Monet", "impressionism",
             "Impressionism", 1906, rights="public-domain"),
        Work("joan-miro/blue", "Blue II", "Joan Miró", "surrealism", "Surrealism", 1961,
             rights="copyright"),
        Work("pablo-picasso/guitar", "Guitar", "Pablo Picasso", "cubism", "Cubism",
             rights="copyright"),
    ]  # fmt: skip
    return make_client(FakeCatalogue(works))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["poppies", "water-lilies", "blue", "guitar"]),
        ({"q": "monet"}, ["poppies", "water-lilies"]),
        ({"q": "  LIL mon "}, ["water-lilies"]),
        ({"q": "miró"}, ["blue"]),
        ({"q": "miro"}, ["blue"]),
        ({"q": ""}, ["poppies", "water-lilies", "blue", "guitar"]),
        ({"style": "cubism"}, ["guitar"]),
        ({"artist": "claude-monet"}, ["poppies", "water-lilies"]),
        ({"year_from": 1900}, ["water-lilies", "blue"]),
        ({"year_to": 1906}, ["poppies", "water-lilies"]),
        ({"year_from": 1906, "year_to": 1906}, ["water-lilies"]),
        ({"rights": "copyright"}, ["blue", "guitar"]),
        ({"rights": "copyright", "style": "cubism"}, ["guitar"]),
        ({"q": "nothing like it"}, []),
    ],
)
def test_works_are_found_by_words_and_facts(
    varied: TestClient, query: dict[str, Any], found: list[str]
) -> None:
    body = get(varied, LIST, **query)

    assert [one.partition("/")[2] for one in ids(body)] == found
    assert body["next_cursor"] is None


def test_works_of_a_style_are_narrowed_alike(varied: TestClient) -> None:
    body = get(varied, "/v1/styles/impressionism/artworks", year_from=1900)

    assert ids(body) == ["claude-monet/water-lilies"]


def test_mixed_pages_hold_each_work_of_the_style_once(client: TestClient) -> None:
    pages = all_pages(client, OF_STYLE, order="mixed", limit=7)

    mixed = [one for page in pages for one in page]
    in_order = all_pages(client, OF_STYLE, limit=100)[0]
    assert [len(page) for page in pages] == [7, 7, 6]
    assert sorted(mixed) == in_order
    assert mixed != in_order


def test_mixed_works_come_in_the_same_order_each_time(client: TestClient) -> None:
    first, again = (get(client, OF_STYLE, order="mixed") for _ in range(2))

    assert ids(first) == ids(again)


def test_a_mixed_page_begins_where_the_one_before_ended_though_works_come_and_go(
    client: TestClient, store: FakeCatalogue
) -> None:
    before = ids(get(client, OF_STYLE, order="mixed", limit=20))
    page = get(client, OF_STYLE, order="mixed", limit=5)

    store.works = [one for one in store.works if one.id != before[4]]
    store.works += [make_work(number, "cubism", id=f"new/{number}") for number in range(9)]
    rest = all_pages(client, OF_STYLE, order="mixed", cursor=page["next_cursor"], limit=100)[0]

    assert [one for one in rest if one in before] == before[5:]


@pytest.mark.parametrize("query", ["q=jug", "artist=braque", "year_to=1900", "rights=unknown"])
def test_works_are_either_mixed_or_narrowed(client: TestClient, query: str) -> None:
    response = client.get(f"{OF_STYLE}?order=mixed&{query}")

    assert "leave one of both out" in assert_error(response, 422, "invalid_request")


@pytest.mark.parametrize("path", [LIST, OF_STYLE])
@pytest.mark.parametrize(
    "query",
    [
        "order=price",
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=many",
        "limit=1e9",
        "limit=" + "9" * 5000,
        "cursor=garbage",
        "cursor=",
        "cursor=%00",
        "cursor=Li4vLi4vZXRj",  # ../../etc
        "cursor=eyIkZ3QiOiIifQ",  # {"$gt":""}
        "cursor=" + "a" * 10_000,
        "q=" + "a" * 10_000,
        "q=%00",
        "q=a%00b",
        "q=%0d%0aSet-Cookie:x",
        'q={"$gt":""}',
        "q=$where",
        "q=<script>",
        "q=!!!",
        "q=a+b+c+d+e+f+g+h+i",
        "q[$gt]=",
        "q[]=monet",
        "$where=1",
        "artist[$ne]=x",
        'artist={"$gt":""}',
        "artist=Claude+Monet",
        "artist=../../etc",
        "artist=",
        "year_from=2000&year_to=1900",
        "year_from=soon",
        "year_from=-1",
        "year_to=99999",
        "rights=mine",
        "nonsense=1",
    ],
)
def test_what_makes_no_sense_never_reaches_the_store(
    client: TestClient, store: FakeCatalogue, path: str, query: str
) -> None:
    response = client.get(f"{path}?{query}")

    message = assert_error(response, 422, "invalid_request")
    assert len(message) < 400
    assert store.asked == []


@pytest.mark.parametrize("query", ["style=nonsense", "style=%00", 'style={"$gt":""}', "style="])
def test_a_style_that_is_none_never_reaches_the_store(
    client: TestClient, store: FakeCatalogue, query: str
) -> None:
    message = assert_error(client.get(f"{LIST}?{query}"), 422, "invalid_request")

    assert "GET /v1/styles" in message
    assert store.asked == []


@pytest.mark.parametrize("path", [LIST, OF_STYLE, "/v1/styles/cubism/artists", "/v1/chronology"])
def test_a_parameter_that_comes_twice_never_reaches_the_store(
    client: TestClient, store: FakeCatalogue, path: str
) -> None:
    response = client.get(f"{path}?limit=1&limit=2")

    assert_error(response, 422, "repeated_parameter")
    assert store.asked == []


@pytest.mark.parametrize("limit", ["0", "101", "three"])
def test_a_number_of_artists_that_makes_no_sense_never_reaches_the_store(
    client: TestClient, store: FakeCatalogue, limit: str
) -> None:
    response = client.get(f"/v1/styles/cubism/artists?limit={limit}")

    assert_error(response, 422, "invalid_request")
    assert store.asked == []


@pytest.mark.parametrize("slash", ["/", "%2F", "%2f"])
def test_a_work_is_found_by_its_id_however_the_slash_is_written(
    client: TestClient, store: FakeCatalogue, slash: str
) -> None:
    artist, title = store.works[3].id.split("/")

    work = get(client, f"/v1/artworks/{artist}{slash}{title}")

    assert work["id"] == store.works[3].id
    assert work["palette"] == list(store.works[3].palette)
    assert work["similarity"] is None


def test_a_work_that_nobody_knows_much_about_has_nulls() -> None:
    bare = Work("a/b", "Untitled", "Nobody", "cubism", "Cubism")

    work = get(make_client(FakeCatalogue([bare])), "/v1/artworks/a/b")

    unknown = {"year", "genre", "page_url", "image_url"}
    assert {name for name in unknown if work[name] is not None} == set()
    assert work["palette"] == []
    assert work["rights"] == "unknown"


def test_a_style_that_only_the_catalogue_knows_is_shown_by_its_slug() -> None:
    new = Work("a/b", "Untitled", "Nobody", "op-art", "Op Art")

    work = get(make_client(FakeCatalogue([new])), "/v1/artworks/a/b")

    assert (work["style"], work["style_name"]) == ("op-art", "Op art")


def test_a_work_that_is_not_there_is_not_found(client: TestClient) -> None:
    assert_error(client.get("/v1/artworks/nobody/nothing"), 404, "unknown_work")


@pytest.mark.parametrize(
    "work_id",
    ["", "monet", "a/b/c", "A/B", "a/", "/b", "a/%00", "%7B%22$gt%22:%22%22%7D", "a/" + "b" * 9000],
)  # fmt: skip
def test_what_is_no_id_never_reaches_the_store(
    client: TestClient, store: FakeCatalogue, work_id: str
) -> None:
    assert_error(client.get(f"/v1/artworks/{work_id}"), 404, "unknown_work")
    assert store.asked == []


@pytest.mark.parametrize("trouble", ["is_failing", "is_broken"])
@pytest.mark.parametrize("path", CATALOGUE_ROUTES)
def test_a_catalogue_in_trouble_is_said_with_a_time_to_come_back(
    client: TestClient, store: FakeCatalogue, path: str, trouble: str
) -> None:
    setattr(store, trouble, True)

    response = client.get(path)

    message = assert_error(response, 503, "catalogue_unavailable")
    assert response.headers["retry-after"] == "30"
    assert "password" not in message


@pytest.mark.parametrize("path", CATALOGUE_ROUTES)
def test_without_a_catalogue_its_routes_say_so(path: str) -> None:
    client = TestClient(create_app(FakeModel(), max_body_bytes=200_000))

    assert_error(client.get(path), 503, "catalogue_unavailable")


def test_the_docs_describe_every_route_with_a_tag_and_its_refusals(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    tags = {path: paths[path]["get"]["tags"] for path in paths if "get" in paths[path]}
    assert tags["/v1/styles/{slug}"] == ["styles"]
    assert tags["/v1/artworks/{work_id}"] == tags["/v1/chronology"] == ["catalogue"]
    assert {"422", "503"} <= set(paths[LIST]["get"]["responses"])
    names = {parameter["name"] for parameter in paths[LIST]["get"]["parameters"]}
    assert names == {"q", "style", "artist", "year_from", "year_to", "rights", "limit", "cursor"}
