"""`python -m tests.bench`: run every benchmark."""

from tests.bench import catalogue, coldstart, organise, page, service, soak, training

organise.main()
training.main()
catalogue.main()
service.main()
coldstart.main()
soak.main()
page.main()
