# draftcast with ffmpeg and fonts inside; `compose.yaml` runs several of them on Postgres and Redis.
FROM debian:bookworm-slim AS build
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates git make python3 python3-pip
WORKDIR /opt/draftcast
COPY . .
RUN make run-parts
# What set-up alone needs stays behind.
RUN UV=$(command -v uv || echo .tools/bin/uv) \
 && $UV pip sync --quiet --python .venv/bin/python --require-hashes requirements-run.lock \
 && $UV pip install --quiet --python .venv/bin/python --no-deps --build-constraints requirements.lock --editable . \
 && setup/link.sh \
 && .venv/bin/python -m compileall -q .venv draftcast schema resolvers services sdk \
 && rm -rf .tools web tests bench examples sdk/typescript .git

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates python3 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home draftcast && install -d -o draftcast /data /videos
COPY --from=build /opt/draftcast /opt/draftcast
WORKDIR /opt/draftcast
ENV PATH=/opt/draftcast/.venv/bin:/usr/local/bin:/usr/bin:/bin
ENV DRAFTCAST_HOST=0.0.0.0 DRAFTCAST_DATA_DIR=/data
USER draftcast
VOLUME /data
EXPOSE 8000
# A worker has its own port for this: DRAFTCAST_WATCH_PORT=8000.
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
ENTRYPOINT ["draftcast"]
CMD ["serve"]
