# One image for web, worker, beat and migrate; the command chooses (docker-compose.yml).

FROM node:24-slim AS design-system
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS packages
COPY requirements.txt ./
RUN python -m venv /venv && \
    /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt

FROM python:3.13-slim
ENV HP_ENV=production \
    PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin app
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=design-system /build/node_modules/hds-core/lib node_modules/hds-core/lib
COPY . .
# The example's values are enough to collect files with; none of them stays in the image's
# environment.
RUN python -m helsinki_proactive.translations && \
    set -a && . ./.env.example && set +a && \
    python manage.py collectstatic --no-input --verbosity=0 --ignore=*.scss --ignore=icons && \
    python -m compileall -q helsinki_proactive offers consents citizens
RUN install -d -o 10001 /seals  # a volume begins with its owner
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "python:helsinki_proactive.gunicorn"]
