# Build: docker build -t captionbot .
#   torch's CPU build is much smaller than the default one with CUDA; its index is an argument:
#   docker build --build-arg TORCH_INDEX=ADDRESS_OF_THE_CPU_WHEEL_INDEX -t captionbot .
# Run:   docker run -d --restart unless-stopped --read-only --tmpfs /tmp -e BOT_TOKEN=… \
#            -v captionbot-data:/data captionbot

FROM python:3.11-slim AS build
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python -m venv /opt/captionbot
COPY constraints.txt ./
RUN if [ -n "$TORCH_INDEX" ]; then \
        /opt/captionbot/bin/pip install --no-deps --index-url "$TORCH_INDEX" \
            --constraint constraints.txt torch torchvision; \
    fi
COPY . .
RUN /opt/captionbot/bin/pip install --constraint constraints.txt '.[postgres,metrics]'

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin captionbot \
    && install --directory --owner captionbot --group captionbot --mode 700 /data
COPY --from=build /opt/captionbot /opt/captionbot
# Only /data (and /tmp) are written to; caches go there, too.
ENV PATH="/opt/captionbot/bin:$PATH" DATA_DIR=/data HOME=/data PYTHONUNBUFFERED=1 \
    HEALTH_LISTEN=127.0.0.1:9090
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['HEALTH_LISTEN'].rpartition(':')[2] + '/live', timeout=4)"]
ENTRYPOINT ["captionbot"]
CMD ["run"]
