"""`python -m tests.bench`: run every benchmark."""

from tests.bench import organise, service

organise.main()
service.main()
