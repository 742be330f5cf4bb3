# The controller, built from this repository, because the packages are not published:
#
#   docker build --file deploy/docker/controller.Dockerfile --tag trimtab-controller:0.1.0 .
#
# Every command is written as a list, so no shell stands between the engine and the process. The test of the images runs the commands of
# the first stage as they stand here, and starts what they make.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /workspace
COPY . .
# These steps are alike in both Dockerfiles, so that an engine does them once.
RUN ["node", "scripts/dev.mjs", "exec", "pnpm", "install", "--frozen-lockfile", "--filter", ".", "--filter", "@trimtab/controller-image...", "--filter", "@trimtab/example-document-delivery..."]
RUN ["node", "node_modules/typescript/bin/tsc", "-b", "packages/controller", "packages/controller/tsconfig.console.json", "packages/conventions/tsconfig.cjs.json", "packages/instrumentation", "packages/instrumentation/tsconfig.cjs.json", "examples/demonstration"]
# What stands there is CommonJS, and Node believes it only from a package.json.
RUN ["cp", "deploy/docker/commonjs.json", "packages/conventions/dist/cjs/package.json"]
RUN ["cp", "deploy/docker/commonjs.json", "packages/instrumentation/dist/cjs/package.json"]
RUN ["node", "scripts/dev.mjs", "exec", "pnpm", "--filter", "@trimtab/controller-image", "deploy", "--prod", "/app"]

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="Trimtab controller" org.opencontainers.image.licenses="Apache-2.0"
RUN ["install", "--directory", "--owner=1000", "--group=1000", "/var/lib/trimtab"]
COPY --from=build /app /app
COPY deploy/docker/health-check.mjs /app/
ENV NODE_ENV=production TRIMTAB_CONFIG=/etc/trimtab/trimtab.yaml TRIMTAB_LISTEN=0.0.0.0:4600
# The one folder that is written to: a store of the kind sqlite belongs here. Everything else may be read-only.
VOLUME ["/var/lib/trimtab"]
WORKDIR /var/lib/trimtab
USER 1000:1000
EXPOSE 4600
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["node", "/app/health-check.mjs", "http://127.0.0.1:4600/readyz"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/node_modules/@trimtab/controller/dist/cli/cli.js"]
CMD ["serve"]
