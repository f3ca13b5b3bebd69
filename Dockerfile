# The sandbox (target itsme-op) and the web application (target webapp), each with the C library and
# nothing else: no shell, and no user but 65532. The programs contain the list of their crates.

FROM rust:1.95-bookworm AS build
RUN cargo install --quiet --locked cargo-auditable@0.7.7
# OpenSSL records its build time. With a fixed one, two builds are identical.
ENV SOURCE_DATE_EPOCH=0
WORKDIR /itsme
COPY . .
RUN cargo auditable build --release --locked --bin itsme-op --bin webapp
# Volumes take their owner from here.
RUN install --directory --owner 65532 --group 65532 /shared

FROM gcr.io/distroless/cc-debian12:nonroot AS base
COPY --from=build --chown=65532:65532 /shared /shared

FROM base AS webapp
COPY --from=build /itsme/target/release/webapp /
EXPOSE 8800
ENTRYPOINT ["/webapp"]

FROM base AS itsme-op
COPY --from=build /itsme/target/release/itsme-op /
EXPOSE 8811
ENTRYPOINT ["/itsme-op"]
