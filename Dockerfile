# Two stages: one builds the environment, the other only runs it, as a user without rights.
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/production.txt /tmp/production.txt
RUN pip install --require-hashes --requirement /tmp/production.txt
WORKDIR /srv/flattr
COPY . .
RUN if ls locale/*/LC_MESSAGES/django.po >/dev/null 2>&1; then pybabel --quiet compile --domain django --directory locale; fi
# Collecting static files reads the settings, but none of these values stays in the image.
RUN FLATTR_ENV=production SECRET_KEY="$(head -c 64 /dev/urandom | base64 -w0)" APP_URL=https://build.example \
    DATABASE_URL=postgresql:///unused REDIS_URL=redis://unused EMAIL_URL=console: \
    DEFAULT_FROM_EMAIL=unused PAYMENT_GATEWAY=sandbox python manage.py collectstatic --no-input

FROM python:3.13-slim
# With it Pillow draws text that is written from the right.
RUN apt-get update && apt-get install --yes --no-install-recommends libfribidi0 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --no-create-home --shell /usr/sbin/nologin flattr
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/flattr /srv/flattr
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 FLATTR_ENV=production
WORKDIR /srv/flattr
USER flattr
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["sh", "-c", "exec granian --interface asginl --host 0.0.0.0 --port 8000 --workers 2 --loop uvloop --respawn-failed-workers --workers-kill-timeout 10s --no-ws --no-access-log flattr.asgi:application"]
