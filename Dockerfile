# Two stages: the first has pip and the compiler, the second neither.
#   docker build -t moderation:1 .
#   docker run --rm -v moderation:/var/lib/moderation moderation:1 moderation keys create newsroom --scopes score,label
#   docker run -p 8000:8000 -v moderation:/var/lib/moderation moderation:1
FROM python:3.11-slim AS build
WORKDIR /srv/moderation
COPY requirements.txt requirements-encoder.txt ./
RUN python -m venv /srv/venv && /srv/venv/bin/pip install --no-cache-dir -r requirements.txt \
 && /srv/venv/bin/pip install --no-cache-dir --no-deps -r requirements-encoder.txt
COPY pyproject.toml ./
COPY moderation moderation
RUN /srv/venv/bin/pip install --no-cache-dir --no-deps --editable . \
 && /srv/venv/bin/python -m moderation.kernels \
 && /srv/venv/bin/pip uninstall --yes ziglang \
 && /srv/venv/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home moderation \
 && install -d -o 10001 -m 700 /var/lib/moderation \
 && python -m pip uninstall --yes setuptools pip
WORKDIR /srv/moderation
COPY --from=build /srv/venv /srv/venv
COPY --from=build /srv/moderation/moderation moderation
COPY models models
COPY seeds seeds
COPY wsgi.py gunicorn.conf.py ./
USER 10001
# Inside a container the service is reached from outside it, so it wants keys: make them in the volume as above,
# or publish the port to this machine alone and set MODERATION_OPEN=yes.
VOLUME /var/lib/moderation
ENV PATH=/srv/venv/bin:$PATH MODERATION_HOST=0.0.0.0 MODERATION_KEYS=/var/lib/moderation/keys.json \
    MODERATION_DATABASE_URL=sqlite:////var/lib/moderation/labels.db PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --start-period=30s --timeout=5s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"MODERATION_PORT\", 8000)}/healthz', timeout=3)"]
CMD ["python", "-m", "gunicorn", "wsgi:app"]
