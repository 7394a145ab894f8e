# image-bot in a container: two stages, so that nothing which builds is left in what runs.
ARG PYTHON_VERSION=3.13
# To pin the base to its bytes: --build-arg PYTHON_IMAGE=docker.io/library/python@sha256:…
ARG PYTHON_IMAGE=docker.io/library/python:${PYTHON_VERSION}-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/image-bot
COPY pyproject.toml requirements.lock requirements-build.lock README.md LICENSE ./
# The package holds links to these.
COPY manifest.yml policy.example.toml schedules.example.toml ./
COPY bot bot
COPY handlers handlers
COPY rehearsal rehearsal
# All that comes from outside is compared with its hash; requirements.lock holds demo, postgres and signing.
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.lock \
    && python -m pip --python /opt/image-bot/bin/python install --no-cache-dir \
    --require-hashes --only-binary :all: -r requirements.lock \
    && python -m pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir /wheel . \
    && python -m pip --python /opt/image-bot/bin/python install --no-cache-dir \
    --no-index --no-deps /wheel/*.whl

FROM ${PYTHON_IMAGE}
RUN python -m pip uninstall --yes --root-user-action ignore pip \
    && groupadd --gid 10001 image-bot \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin image-bot \
    && install -d -o image-bot -g image-bot -m 700 /data
COPY --from=build /opt/image-bot /opt/image-bot
# A policy.toml and a schedules.toml beside this file go along; otherwise mount them, read-only.
COPY manifest.yml policy.example.toml policy.toml* schedules.toml* /etc/image-bot/
COPY deploy/entrypoint.sh /opt/image-bot/bin/entrypoint.sh
ENV PATH=/opt/image-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    IMAGE_BOT_WORKER_PORT=3000 \
    IMAGE_BOT_POLICY=/etc/image-bot/policy.toml \
    DATABASE_URL=sqlite:////data/image-bot.db
USER 10001:10001
WORKDIR /etc/image-bot
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["entrypoint.sh"]
CMD ["run"]
