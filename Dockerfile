# Page and API for a machine at home, from the lock of `make serve`:
#   docker build -t style-your-art . && docker run -p 8000:8000 style-your-art
# Feedback is kept in the volume /feedback; nothing else is written. AWS gets lambda_fn/Dockerfile.
ARG BASE=public.ecr.aws/docker/library/python:3.13-slim

FROM ${BASE} AS app
COPY requirements/service.txt requirements/trim.py /build/
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore \
        --no-deps --require-hashes --only-binary :all: --no-compile \
        --target /app -r /build/service.txt && \
    python3 /build/trim.py /app
COPY lambda_fn /app/lambda_fn
COPY web /app/web
# once, here: who runs it may not write beside the code
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /app && \
    chmod -R a=rX /app && \
    mkdir /feedback && chown 10001:10001 /feedback

FROM ${BASE}
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ARTSTYLE_FEEDBACK=/feedback/feedback.sqlite
COPY --from=app /app /app
COPY --from=app --chown=10001:10001 /feedback /feedback
WORKDIR /app
USER 10001:10001
VOLUME /feedback
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/v1/health', timeout=4)"]
CMD ["python3", "-m", "lambda_fn", "serve", "--host", "0.0.0.0", "--port", "8000"]
