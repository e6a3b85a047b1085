"""`python -m tests.bench`: run every benchmark."""

from tests.bench import service

service.main()
