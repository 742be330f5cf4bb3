# The service of examples/document-delivery, for deploy/compose.yaml:
#
#   docker build --file deploy/docker/document-delivery.Dockerfile --tag trimtab-document-delivery:0.1.0 .
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /workspace
COPY . .
# These steps are alike in both Dockerfiles, so that an engine does them once.
RUN ["node", "scripts/dev.mjs", "exec", "pnpm", "install", "--frozen-lockfile", "--filter", ".", "--filter", "@trimtab/controller-image...", "--filter", "@trimtab/example-document-delivery..."]
RUN ["node", "node_modules/typescript/bin/tsc", "-b", "packages/controller", "packages/controller/tsconfig.console.json", "packages/conventions/tsconfig.cjs.json", "packages/instrumentation", "packages/instrumentation/tsconfig.cjs.json", "examples/demonstration"]
# What stands there is CommonJS, and Node believes it only from a package.json.
RUN ["cp", "deploy/docker/commonjs.json", "packages/conventions/dist/cjs/package.json"]
RUN ["cp", "deploy/docker/commonjs.json", "packages/instrumentation/dist/cjs/package.json"]
RUN ["node", "scripts/dev.mjs", "exec", "pnpm", "--filter", "@trimtab/example-document-delivery", "deploy", "--prod", "/app"]

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Trimtab example: document delivery" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /app /app
COPY deploy/docker/health-check.mjs /app/
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 OTEL_EXPORTER_PROMETHEUS_HOST=0.0.0.0 OTEL_SERVICE_NAME=document_delivery
WORKDIR /app
USER 1000:1000
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "/app/health-check.mjs", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--import", "@trimtab/instrumentation/register"]
CMD ["src/service.ts"]
