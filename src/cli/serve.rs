//! `kundenhistorie serve`: the service.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::Args;
use secrecy::ExposeSecret;

use super::demo;
use super::failure::{Failure, Result};
use super::terminal::print;
use crate::app::App;
use crate::config::Config;
use crate::demo::logins::Login;
use crate::domain::clock::Clock;
use crate::schemas::page::PageRequest;
use crate::schemas::user::UserQuery;
use crate::services::users;
use crate::telemetry;

/// Serve the API.
///
/// Creates what is missing at the first start: the database, its schema, the signing key. The first administrator
/// comes from KH_ADMIN__EMAIL and KH_ADMIN__PASSWORD. Ctrl-C and SIGTERM finish what was accepted and end with 0.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie serve --demo
  KH_ADMIN__EMAIL=you@example.org KH_ADMIN__PASSWORD='a long sentence' kundenhistorie serve
  kundenhistorie --config /etc/kundenhistorie.toml serve")]
pub(super) struct Serve {
    /// Fill an empty database with invented customers and print a login for each role.
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Result {
        telemetry::install_logging(&config.telemetry).map_err(Failure::new)?;
        let app = App::build(config.clone(), Clock::system()).await.map_err(|error| cannot_start(error, &config))?;
        if self.demo {
            let logins = demo::prepare(&app.system_context(), app.authority(), &config).await?;
            print(welcome(&logins, &config, &base_address(&config, app.address())))?;
        } else {
            somebody_can_sign_in(&app, &config).await?;
            print(format_args!("Swagger UI: {}/swagger-ui/", base_address(&config, app.address())))?;
        }
        tracing::info!(address = %app.address(), "listening");
        app.run().await.map_err(Failure::from)
    }
}

fn cannot_start(error: crate::error::Error, config: &Config) -> Failure {
    let (host, port) = (&config.http.host, config.http.port);
    let cause = error.cause().and_then(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    let problem = match cause {
        Some(ErrorKind::AddrInUse) => format!("{host}:{port} is in use already"),
        Some(ErrorKind::PermissionDenied) => format!("{host}:{port} is not allowed to this user"),
        Some(ErrorKind::AddrNotAvailable) => format!("{host} is no address of this machine"),
        _ => return Failure::from(error).during("the service cannot start"),
    };
    Failure::new(problem)
        .during("the service cannot start")
        .advise("stop whatever else listens there, or choose another address (KH_HTTP__HOST, KH_HTTP__PORT)")
}

/// A service nobody can sign in to would be of no use: better to say so at once.
async fn somebody_can_sign_in(app: &App, config: &Config) -> Result {
    let cx = app.system_context();
    if let (Some(email), Some(password)) = (&config.admin.email, &config.admin.password) {
        users::ensure_first_administrator(&cx, app.authority(), email, password.expose_secret()).await?;
    }
    let anybody = PageRequest::first(1);
    if users::list(&cx, &UserQuery::default(), &anybody).await?.items.is_empty() {
        return Err(Failure::new("there is no user yet, so nobody could sign in").advise(
            "set KH_ADMIN__EMAIL and KH_ADMIN__PASSWORD for the first administrator and start again, \
             or add one with `kundenhistorie user add`, or try the product with `kundenhistorie serve --demo`",
        ));
    }
    Ok(())
}

/// What somebody needs who has never seen the product.
fn welcome(logins: &[Login], config: &Config, address: &str) -> String {
    let known = logins.iter().find(|login| login.is_ours());
    let (email, password) = known.map(|login| (login.email.as_str(), login.password.as_str())).unwrap_or_default();
    format!(
        "Kundenhistorie with invented customers\n\n\
         Swagger UI: {address}/swagger-ui/\n\n\
         {}\n\n\
         Three customers, ready to paste:\n\n{}\n",
        demo::overview(logins, &config.data.folder),
        call(address, email, password)
    )
}

/// Signs in and lists customers, with nothing but curl and sed.
fn call(address: &str, email: &str, password: &str) -> String {
    format!(
        "curl -s -H \"Authorization: Bearer $(curl -s -H 'Content-Type: application/json' \\\n  \
         -d '{{\"email\":\"{email}\",\"password\":\"{password}\"}}' {address}/v1/auth/login \\\n  \
         | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\" '{address}/v1/customers?limit=3'"
    )
}

/// Under which address people reach the service from this machine.
fn base_address(config: &Config, listening: SocketAddr) -> String {
    if let Some(address) = &config.http.public_url {
        return address.clone();
    }
    let host: IpAddr = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(host, listening.port()))
}
