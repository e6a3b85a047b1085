"""`python -m tests.bench`: run every benchmark."""

from tests.bench import catalogue, organise, page, service, training

organise.main()
training.main()
catalogue.main()
service.main()
page.main()
