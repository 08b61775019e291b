//! Picks the command, nothing else.

/// Gives memory back sooner and answers faster than the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    kundenhistorie::cli::main()
}
