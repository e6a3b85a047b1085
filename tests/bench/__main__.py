"""`python -m tests.bench`: run every benchmark."""

from tests.bench import (
    catalogue,
    coldstart,
    organise,
    page,
    service,
    soak,
    training,
    worst_cases,
)

organise.main()
training.main()
worst_cases.main()
catalogue.main()
service.main()
coldstart.main()
soak.main()
page.main()
