//! The application, built in one way for `serve` and for every test.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{HttpServer, web};
use migration::{Migrator, MigratorTrait};
use utoipa_swagger_ui::{Config as SwaggerConfig, SwaggerUi};

use crate::auth::authority::Authority;
use crate::auth::checkpoint_key::CheckpointKey;
use crate::config::Config;
use crate::content::Contents;
use crate::domain::clock::Clock;
use crate::error::{Error, Result};
use crate::handlers::operations;
use crate::history::context::Context;
use crate::history::store::Store;
use crate::telemetry::Metrics;
use crate::web::around;
use crate::web::cursor::Cursors;
use crate::web::idempotency::Fingerprints;
use crate::web::limits::RateLimits;
use crate::web::state::State;
use crate::{jobs, routes};

/// A running application.
pub struct App {
    state: web::Data<State>,
    server: actix_web::dev::Server,
    address: SocketAddr,
}

impl App {
    /// Opens the database, brings it to the newest schema, and binds the address. Requests are served
    /// once [`Self::run`] is polled.
    pub async fn build(config: Config, clock: Clock) -> Result<Self> {
        let store = Store::open(&config.database).await?;
        Migrator::up(store.migrator(), None).await?;
        let state = web::Data::new(state(config, clock, store)?);
        jobs::catch_up(&state).await?;

        let http = &state.config.http;
        let listener = TcpListener::bind((http.host.as_str(), http.port)).map_err(Error::internal)?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let server = server(state.clone(), listener)?;
        Ok(Self { state, server, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The database, for whoever prepares it.
    pub fn store(&self) -> &Store {
        &self.state.store
    }

    /// What decides who is calling.
    pub fn authority(&self) -> &Authority {
        &self.state.authority
    }

    /// The surroundings of work the service does itself.
    pub fn system_context(&self) -> Context {
        Context::system(self.state.store.clone(), self.state.clock.clone(), self.state.service_levels.clone())
    }

    /// Stops the server from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until Ctrl-C, SIGTERM or [`Self::handle`] ends it; what was accepted is finished first.
    pub async fn run(self) -> Result<()> {
        // Not before: what is due in data that was only just prepared is found by their first look.
        let jobs = jobs::Jobs::start(self.state.clone());
        let result = self.server.await.map_err(Error::internal);
        jobs.stop().await;
        let store = self.state.store.clone();
        drop(self.state);
        store.close().await?;
        result
    }
}

fn state(config: Config, clock: Clock, store: Store) -> Result<State> {
    let authority = Authority::new(&config).map_err(Error::internal)?;
    let metrics = if config.telemetry.metrics { Some(Metrics::install().map_err(Error::internal)?) } else { None };
    Ok(State {
        cursors: Cursors::new(authority.keys().derive("cursors"))?,
        fingerprints: Fingerprints::new(authority.keys().derive("idempotency")),
        service_levels: Arc::new(config.support.service_levels()),
        contents: Contents::open(&config)?,
        checkpoint_key: Arc::new(CheckpointKey::of(authority.keys()).map_err(Error::internal)?),
        rate_limits: RateLimits::new(&config.rate_limit),
        store,
        clock,
        authority,
        metrics,
        config,
    })
}

fn server(state: web::Data<State>, listener: TcpListener) -> Result<actix_web::dev::Server> {
    let http = state.config.http.clone();
    let workers = match http.workers {
        0 => std::thread::available_parallelism().map_or(2, |cores| cores.get()),
        workers => workers,
    };
    let factory = move || {
        let http = &state.config.http;
        actix_web::App::new()
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(http.max_body_bytes))
            .configure(routes::all)
            .service(operations::entrance)
            .service(swagger_ui())
            .default_service(web::to(around::otherwise))
            .wrap(Condition::new(http.compression, Compress::default()))
            .wrap(from_fn(around::told))
            .wrap(cors(&http.cors_allowed_origins))
            .wrap(from_fn(around::around))
    };
    let server = HttpServer::new(factory)
        .workers(workers)
        .max_connections(http.max_connections.div_ceil(workers).max(1))
        .keep_alive(Duration::from_secs(http.keep_alive_seconds))
        .client_request_timeout(Duration::from_secs(http.request_timeout_seconds))
        .shutdown_timeout(http.shutdown_timeout_seconds)
        .listen(listener)
        .map_err(Error::internal)?;
    Ok(server.run())
}

fn swagger_ui() -> SwaggerUi {
    let config = SwaggerConfig::from("/openapi.json")
        .persist_authorization(true)
        .display_request_duration(true)
        .try_it_out_enabled(true)
        .filter(true)
        .doc_expansion("list")
        .validator_url("none");
    SwaggerUi::new("/swagger-ui/{file:.*}").config(config)
}

fn cors(origins: &[String]) -> Cors {
    let exposed = [
        "ETag",
        "Location",
        "Link",
        "Accept-Ranges",
        "Content-Disposition",
        "Content-Range",
        "Repr-Digest",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "X-Request-Id",
        "Idempotent-Replayed",
    ];
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
        .allowed_headers([
            header::AUTHORIZATION.as_str(),
            header::CONTENT_TYPE.as_str(),
            header::ACCEPT.as_str(),
            header::ACCEPT_LANGUAGE.as_str(),
            header::IF_MATCH.as_str(),
            header::IF_NONE_MATCH.as_str(),
            header::IF_RANGE.as_str(),
            header::RANGE.as_str(),
            "idempotency-key",
            "x-request-id",
            "traceparent",
        ])
        .expose_headers(exposed)
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
