"""All 27 classes of WikiArt's usual download are filed under a style, or left out with a reason."""

import pytest

from training.sources.raw_folder import style_of
from training.sources.wikiart_downloads import is_style_name, known_style, why_left_out

FILED = {
    "Abstract_Expressionism": "abstract-art",
    "Action_painting": "abstract-art",
    "Analytical_Cubism": "cubism",
    "Art_Nouveau_Modern": "art-nouveau",
    "Baroque": "baroque",
    "Color_Field_Painting": "abstract-art",
    "Contemporary_Realism": None,
    "Cubism": "cubism",
    "Early_Renaissance": "renaissance",
    "Expressionism": "expressionism",
    "Fauvism": None,
    "High_Renaissance": "renaissance",
    "Impressionism": "impressionism",
    "Mannerism_Late_Renaissance": "renaissance",
    "Minimalism": "minimalism",
    "Naive_Art_Primitivism": "naive-art",
    "New_Realism": None,
    "Northern_Renaissance": "renaissance",
    "Pointillism": "impressionism",
    "Pop_Art": "pop-art",
    "Post_Impressionism": "impressionism",
    "Realism": "realism",
    "Rococo": "baroque",
    "Romanticism": "romanticism",
    "Symbolism": "symbolism",
    "Synthetic_Cubism": "cubism",
    "Ukiyo_e": "ukiyo-e",
}


@pytest.mark.parametrize(("folder", "slug"), FILED.items())
def test_each_class_of_the_usual_download_has_its_place(folder: str, slug: str | None) -> None:
    known = known_style(folder)

    assert (style_of([known]) if known else None) == slug
    assert is_style_name(folder)


@pytest.mark.parametrize("folder", [name for name, slug in FILED.items() if slug is None])
def test_a_class_that_is_left_out_has_a_reason(folder: str) -> None:
    assert why_left_out(folder).startswith(f"unknown style: {folder} (")


def test_a_name_that_no_download_has_is_said_as_it_is() -> None:
    assert why_left_out("Bauhaus") == "unknown style: Bauhaus"
    assert why_left_out("") == "unknown style: none given"
    assert not is_style_name("Bauhaus")
