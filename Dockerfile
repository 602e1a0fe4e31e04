# syntax=docker/dockerfile:1
# Front-end packages, fetched by Node; the image that runs has no Node in it.
FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim AS packages
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --requirement requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data BIND_ADDRESS=0.0.0.0
RUN useradd --uid 10001 --create-home xiaohao && install --directory --owner=xiaohao --mode=0700 /data
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=front-end /app/node_modules ./node_modules
# The catalogue and the static files belong to the image: they differ from version to version, not from organ to organ.
RUN python locale/merge.py --compile && DATA_DIR=/tmp/build python manage.py build_icons \
    && DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf node_modules /tmp/build
USER xiaohao
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "run", "web"]
