# syntax=docker/dockerfile:1
# The image of all programs: docker build -t pierre .
# scripts/image.sh writes the same files to a file without Docker; deploy/image says what is in them.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY deploy/go.mod deploy/go.sum deploy/
RUN go mod download && cd deploy && go mod download
COPY . .
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
RUN scripts/image.sh --rootfs /image

FROM scratch
COPY --from=build /image/ /
COPY --from=build --chown=65532:65532 /image/data/ /data/
COPY --from=build --chown=65532:65532 /image/backups/ /backups/
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Pierre" \
      org.opencontainers.image.description="MCP server for an athlete's own training: server, admin site, client and operator's commands" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/pierre-mcp/pierre" \
      org.opencontainers.image.documentation="https://github.com/pierre-mcp/pierre/blob/main/docs/DEPLOYMENT.md" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
ENV PATH=/usr/local/bin \
    HOME=/data \
    PIERRE_DATA_DIR=/data \
    PIERRE_HOST=0.0.0.0 \
    PIERRE_ADMIN_HOST=0.0.0.0 \
    GODEBUG=netdns=go
USER 65532:65532
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8081 8082
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=6s --start-period=10s --retries=3 CMD ["pierre-mcp-server", "health"]
CMD ["pierre-mcp-server"]
