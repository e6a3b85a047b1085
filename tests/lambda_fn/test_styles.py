"""The 18 styles and the 25 WikiArt styles that they unite."""

from lambda_fn.contract.styles import STYLE_BY_SLUG, STYLES


def test_there_are_eighteen_styles_in_alphabetical_order() -> None:
    names = [style.name for style in STYLES]

    assert len(STYLES) == len(STYLE_BY_SLUG) == 18
    assert names == sorted(names)


def test_they_unite_twenty_five_wikiart_styles_without_overlap() -> None:
    united = [name for style in STYLES for name in style.wikiart_styles]

    assert len(united) == len(set(united)) == 25


def test_slugs_can_stand_in_an_address() -> None:
    assert all(style.slug.replace("-", "").isascii() for style in STYLES)
    assert all(style.slug == style.slug.lower() for style in STYLES)
