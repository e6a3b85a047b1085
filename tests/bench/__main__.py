"""`python -m tests.bench`: run every benchmark."""

from tests.bench import organise, service, training

organise.main()
training.main()
service.main()
