# The HTTP service alone: the base install and the extra `service`, nothing of training, no build tools.

# The full image brings the C compiler that makes the kernel.
FROM python:3.12 AS build
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY pyproject.toml constraints.txt hatch_build.py README.md LICENSE ./
COPY features features
COPY models models
COPY training training
COPY service service
RUN python -m venv /opt/linewise \
    && /opt/linewise/bin/pip install --constraint constraints.txt '.[service]'

FROM python:3.12-slim
LABEL org.opencontainers.image.title="linewise" \
      org.opencontainers.image.description="What every line of source text is, and what it is part of, over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin linewise
COPY --from=build /opt/linewise /opt/linewise
# Inside a container the service must listen on every interface. It then demands API keys: mount a file of them and
# name it in LINEWISE_KEYS_FILE, or set LINEWISE_KEYS=off where nobody else can reach it.
# One thread for the algebra: requests already run side by side.
ENV PATH="/opt/linewise/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 \
    LINEWISE_HOST=0.0.0.0 \
    LINEWISE_PORT=8000
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"LINEWISE_PORT\"]}/health/ready', timeout=4)"]
CMD ["linewise", "serve"]
