# Build: docker build --build-arg TORCH_INDEX=ADDRESS_OF_THE_CPU_WHEEL_INDEX -t captionbot .
#   Without the argument it is torch's default build, with several GB of CUDA.
# Run:   docker run -d --restart unless-stopped --read-only --tmpfs /tmp --env-file .env \
#            -v captionbot-data:/data captionbot
#
# The image is named by its exact version, packages are pinned in constraints.txt. To pin the image
# by its content too: --build-arg PYTHON_IMAGE=python@sha256:...

ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
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

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin captionbot \
    && install --directory --owner captionbot --group captionbot --mode 700 /data
COPY --from=build /opt/captionbot /opt/captionbot
# Only /data (and /tmp) are written to; caches go there, too.
ENV PATH="/opt/captionbot/bin:$PATH" DATA_DIR=/data HOME=/data PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
# The bot touches this file while Telegram answers, its worker works and its database can be used.
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["sh", "-c", "find \"$DATA_DIR/bot.alive\" -mmin -2 | grep -q ."]
ENTRYPOINT ["captionbot"]
CMD ["run"]
