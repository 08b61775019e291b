//! The command line: one file per command.
//!
//! Exit codes: 0 done, 1 a finding or a failure, 2 a command line that cannot be understood.

mod backup;
mod config;
mod database;
mod demo;
mod failure;
mod healthcheck;
mod migrate;
mod openapi;
mod serve;
mod terminal;
mod user;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::failure::{Failure, Result};
use crate::config::Config;

/// Customer-history backend: every customer, and the complete, gapless, verifiable history of what happened.
#[derive(Debug, Parser)]
#[command(
    name = "kundenhistorie",
    version,
    arg_required_else_help = true,
    after_help = "First steps:
  kundenhistorie serve --demo     try it: a database with invented customers, ready to use
  kundenhistorie config --manual  what can be set, and how

Exit codes: 0 done, 1 a finding or a failure, 2 a command line that cannot be understood.",
    disable_help_subcommand = true
)]
struct Cli {
    /// Settings file (TOML); KH_<SECTION>__<KEY> variables override it. Without it the file KH_CONFIG names, if any.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Openapi(openapi::Openapi),
    Verify(verify::Verify),
    #[command(subcommand)]
    User(user::User),
    Demo(demo::Demo),
    Backup(backup::Backup),
    Config(config::ShowConfig),
    Healthcheck(healthcheck::Healthcheck),
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli) -> Result {
    let load = || Config::load(cli.config.as_deref()).map_err(Failure::from);
    match cli.command {
        Command::Openapi(command) => command.run(),
        Command::Config(command) => command.run(load),
        Command::Healthcheck(command) => command.run(&load()?),
        Command::Serve(command) => wait_for(command.run(load()?)),
        Command::Migrate(command) => wait_for(command.run(&load()?)),
        Command::Verify(command) => wait_for(command.run(&load()?)),
        Command::User(command) => wait_for(command.run(&load()?)),
        Command::Demo(command) => wait_for(command.run(&load()?)),
        Command::Backup(command) => wait_for(command.run(&load()?)),
    }
}

fn wait_for(work: impl Future<Output = Result>) -> Result {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_explains_itself() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no description", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {} has no help", command.get_name(), argument.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
