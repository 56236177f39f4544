FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=purelaka.settings_prod \
    PORT=8000
WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY . ./
# The settings want their secrets even here. These live for this one command and open nothing.
RUN SECRET_KEY=build AUDIT_SEAL_KEY=build ALLOWED_HOSTS=build DATABASE_URL=sqlite:////tmp/build.sqlite3 \
    STRIPE_WEBHOOK_SECRET=build SITE_URL=https://build ALLOW_MOCK_PAYMENTS=1 \
    python manage.py collectstatic --no-input

# Pictures that staff upload. A volume put there takes over that the server's user may write to it.
# hadolint ignore=DL3059
RUN mkdir -m 1777 media

# A number needs no account in the image, and lets the host prove that it is not root.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "scripts/healthcheck.py"]
CMD ["gunicorn", "purelaka.wsgi", "--access-logfile", "-"]
