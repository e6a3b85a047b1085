"""Which worker of pytest-xdist takes which tests: those that compute, and those that wait.

Tests that compute keep a processor busy; tests of servers, databases and the browser mostly wait.
So there are two workers for each processor, one for either kind: while some wait, others compute,
and TensorFlow is loaded by half of them only. Whoever has nothing left of its own kind helps out
with the other. A file stays together, since its tests share what they need; the longest come first.
"""

from typing import Final

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

PER_PROCESSOR: Final = 2
_COMPUTING: Final = "tests/training/"
_WAITING: Final = (
    "tests/training/catalogue/",
    "tests/training/sources/test_collect.py",
    "tests/training/visitors/",
)
"""Of what lies in `_COMPUTING`: these talk to servers."""
_LONGEST: Final = (
    "tests/training/model_folder/test_release.py",
    "tests/training/promotion/test_promote.py",
    "tests/training/network/test_architectures.py",
    "tests/training/cloud/test_job_in_container.py",
    "tests/training/runs/test_recipes.py",
    "tests/training/model_folder/test_inference_graph.py",
    "tests/training/runs/test_resume.py",
    "tests/training/model_folder/test_export.py",
    "tests/training/model_folder/test_check_release.py",
    "tests/training/cli/test_pipeline.py",
    "tests/training/runs/test_features.py",
    "tests/web/test_page.py",
    "tests/web/test_answer.py",
    "tests/web/test_several.py",
    "tests/web/test_originals.py",
    "tests/web/test_model_page.py",
)
"""Begun last, one of these would be waited for when all others are done."""


class TwoPools(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out whole files, each to a worker of its kind where one is free."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::", 1)[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        wanted = min(self.workqueue, key=lambda file: self._place(file, node))
        self.workqueue.move_to_end(wanted, last=False)
        super()._assign_work_unit(node)

    def _place(self, file: str, node: WorkerController) -> tuple[bool, int]:
        """Return what a worker takes first: the smallest; of equals, the first in the order."""
        is_of_its_kind = computes(file) == _is_for_computing(node)
        longest = _LONGEST.index(file) if file in _LONGEST else len(_LONGEST)
        return not is_of_its_kind, longest


def computes(file: str) -> bool:
    """Return whether the tests of a file keep a processor busy."""
    return file.startswith(_COMPUTING) and not file.startswith(_WAITING)


def _is_for_computing(node: WorkerController) -> bool:
    """Return of which kind a worker is: gw0, gw2 ... compute."""
    return int(node.gateway.id.removeprefix("gw")) % PER_PROCESSOR == 0
