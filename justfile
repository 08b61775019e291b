# `just` lists what there is.
default:
    @just --list

# Start the service with demo data.
run *arguments="serve --demo":
    cargo run --release --locked -- {{ arguments }}

# Run every test, on SQLite and on PostgreSQL.
test *arguments:
    cargo test --workspace --locked {{ arguments }}

# Everything the continuous integration checks.
check:
    CI=true .ci/run

# Write the OpenAPI document anew.
openapi:
    cargo run --locked -- openapi > openapi/openapi.json.new
    mv openapi/openapi.json.new openapi/openapi.json

# Measure against the floors.
bench *arguments:
    cargo bench --locked --bench http -- {{ arguments }}

# Format the code.
fmt:
    cargo fmt --all
