"""How often visitors agree, style by style."""

from lambda_fn.catalogue.works import Feedback
from training.catalogue.feedback import Agreement, agreement


def make_feedback(id_: str, predicted: str, said: str) -> Feedback:
    return Feedback(
        id=id_,
        model="fake-1",
        predicted=predicted,
        said=said,
        probabilities={predicted: 0.75, "pop-art": 0.25},
        received="2026-11-24T10:00:00+00:00",
    )


def test_agreement_counts_each_predicted_style() -> None:
    said = ["cubism", "cubism", "pop-art", "baroque", "pop-art"]
    feedback = [make_feedback(str(n), "cubism", one) for n, one in enumerate(said)]
    feedback.append(make_feedback("9", "baroque", "baroque"))

    rows = agreement(feedback)

    assert rows == [
        Agreement("baroque", answers=1, right=1, instead=None, instead_answers=0),
        Agreement("cubism", answers=5, right=2, instead="pop-art", instead_answers=2),
    ]


def test_among_equals_the_first_style_of_the_alphabet_is_named() -> None:
    feedback = [make_feedback(one, "cubism", one) for one in ("pop-art", "baroque")]

    assert agreement(feedback)[0].instead == "baroque"


def test_a_style_that_a_former_model_knew_comes_last() -> None:
    feedback = [make_feedback("1", "bauhaus", "cubism"), make_feedback("2", "ukiyo-e", "cubism")]

    assert [row.style for row in agreement(feedback)] == ["ukiyo-e", "bauhaus"]
