# syntax=docker/dockerfile:1

# The same Rust as rust-toolchain.toml and the same Debian as the image below: the binary uses its C library.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /build

# Dependencies first, with empty sources in place of our own: this layer is built again only when a manifest changes.
# .cargo/config.toml carries flags SQLite is compiled with; without them the product runs, but much slower.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY migration/Cargo.toml migration/
COPY verifier/Cargo.toml verifier/
COPY benches benches
RUN mkdir -p src migration/src verifier/src \
    && echo 'fn main() {}' | tee src/main.rs > verifier/src/main.rs \
    && touch src/lib.rs migration/src/lib.rs verifier/src/lib.rs \
    && cargo build --release --locked

COPY config config
COPY migration migration
COPY openapi openapi
COPY src src
# Copied files keep the times they were written at, which may lie before the build above: Cargo would take the empty
# sources for the newer ones.
RUN find src migration/src -name '*.rs' -exec touch {} + \
    && cargo build --release --locked \
    && mkdir /empty

# Nothing but the C library: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Kundenhistorie" \
      org.opencontainers.image.description="Customer-history backend" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /build/target/release/kundenhistorie /usr/local/bin/kundenhistorie
# The user of the image, by number so that an orchestrator can see that it is not root.
COPY --from=build --chown=65532:65532 /empty /data
USER 65532:65532
WORKDIR /data
VOLUME /data
# Everything that must outlive the container lies in /data: the SQLite file (unless PostgreSQL is used) and the keys.
ENV KH_HTTP__HOST=0.0.0.0 \
    KH_DATA__FOLDER=/data \
    KH_DATABASE__URL=sqlite:///data/kundenhistorie.db
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["kundenhistorie", "healthcheck"]
ENTRYPOINT ["kundenhistorie"]
CMD ["serve"]
