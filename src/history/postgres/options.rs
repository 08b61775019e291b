//! How to reach a PostgreSQL server: what sqlx reads from the address, for connections that are not sqlx's.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::{DbErr, RuntimeErr};
use secrecy::ExposeSecret;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use url::Url;

use crate::config::DatabaseConfig;

/// What the server shows beside our connections.
pub(in crate::history) const APPLICATION_NAME: &str = "kundenhistorie";
/// A silent connection is asked after this time whether the server is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Opens connections.
pub(super) struct Options {
    pub(super) server: Config,
    pub(super) tls: MakeRustlsConnect,
    /// How long an answer is waited for.
    pub(super) patience: Duration,
}

impl Options {
    /// From the address in the settings.
    pub(super) fn new(settings: &DatabaseConfig) -> Result<Self, DbErr> {
        let address = settings.url.expose_secret();
        let known = PgConnectOptions::from_str(address).map_err(unusable)?;
        let written = Written::new(&Url::parse(address).map_err(unusable)?)?;
        let mut server = Config::new();
        match known.get_socket() {
            Some(folder) => server.host_path(folder),
            // The brackets of an IPv6 address belong to the notation of the URL.
            None => server.host(known.get_host().trim_matches(['[', ']'])),
        };
        server.port(known.get_port()).user(known.get_username());
        server.dbname(known.get_database().unwrap_or_else(|| known.get_username()));
        server.application_name(known.get_application_name().unwrap_or(APPLICATION_NAME));
        let limit = Duration::from_secs(settings.statement_timeout_seconds).as_millis();
        server.options(format!("{} -c statement_timeout={limit}", known.get_options().unwrap_or_default()));
        server.connect_timeout(Duration::from_secs(settings.acquire_timeout_seconds));
        server.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 3).keepalives_retries(3);
        server.tcp_user_timeout(2 * KEEPALIVE);
        if let Some(password) = written.password.as_ref().or(std::env::var("PGPASSWORD").ok().as_ref()) {
            server.password(password);
        }
        server.ssl_mode(match known.get_ssl_mode() {
            // Nobody on the way to a socket can read along.
            _ if known.get_socket().is_some() => SslMode::Disable,
            PgSslMode::Disable | PgSslMode::Allow => SslMode::Disable,
            PgSslMode::Prefer => SslMode::Prefer,
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull => SslMode::Require,
        });
        let patience = Duration::from_secs(settings.statement_timeout_seconds + settings.acquire_timeout_seconds);
        Ok(Self { server, tls: MakeRustlsConnect::new(written.tls(known.get_ssl_mode())?), patience })
    }
}

/// The parts of an address sqlx does not give away.
#[derive(Default)]
struct Written {
    password: Option<String>,
    root_certificate: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Written {
    fn new(address: &Url) -> Result<Self, DbErr> {
        let mut written = Self::default();
        if let Some(password) = address.password() {
            // As a value of a query, where two signs mean something else than themselves.
            let query = format!("password={}", password.replace('+', "%2B").replace('&', "%26"));
            written.password = form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| value.into_owned());
        }
        for (name, value) in address.query_pairs() {
            match &*name {
                "password" => written.password = Some(value.into_owned()),
                "sslrootcert" | "ssl-root-cert" | "ssl-ca" => {
                    written.root_certificate = Some(value.into_owned().into());
                }
                "sslcert" | "ssl-cert" => written.certificate = Some(value.into_owned().into()),
                "sslkey" | "ssl-key" => written.key = Some(value.into_owned().into()),
                _ => {}
            }
        }
        if written.certificate.is_some() != written.key.is_some() {
            return Err(unusable("sslcert and sslkey belong together"));
        }
        Ok(written)
    }

    /// What is believed of a server, as libpq's modes have it: `verify-full` its name and who vouches for it,
    /// `verify-ca` (and `require` with a root certificate) who vouches for it, all others nothing.
    fn tls(&self, mode: PgSslMode) -> Result<ClientConfig, DbErr> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let signatures = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?;
        let verifier: Arc<dyn ServerCertVerifier> = match (mode, &self.root_certificate) {
            (PgSslMode::VerifyFull, _) => self.authorities(provider)?,
            (PgSslMode::VerifyCa, _) | (PgSslMode::Require, Some(_)) => {
                Arc::new(Lenient { authorities: Some(self.authorities(provider)?), signatures })
            }
            _ => Arc::new(Lenient { authorities: None, signatures }),
        };
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else {
            return Ok(builder.with_no_client_auth());
        };
        let chain = CertificateDer::pem_file_iter(certificate).map_err(unusable)?;
        let chain = chain.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(unusable)?;
        builder.with_client_auth_cert(chain, key).map_err(unusable)
    }

    fn authorities(&self, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, DbErr> {
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(path) = &self.root_certificate {
            for certificate in CertificateDer::pem_file_iter(path).map_err(unusable)? {
                roots.add(certificate.map_err(unusable)?).map_err(unusable)?;
            }
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().map_err(unusable)
    }
}

/// Does not ask for the name of the server, nor for who vouches for it unless there are authorities.
#[derive(Debug)]
struct Lenient {
    authorities: Option<Arc<WebPkiServerVerifier>>,
    signatures: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        match authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.signatures)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.signatures)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures.supported_schemes()
    }
}

fn unusable(error: impl std::fmt::Display) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio_postgres::config::Host;

    use super::*;

    fn options(address: &str) -> Options {
        let folder = Path::new("unused");
        Options::new(&crate::config::Config::for_tests(address, folder).unwrap().database).unwrap()
    }

    #[test]
    fn an_address_means_what_it_means_to_the_other_connections() {
        let given = options("postgres://m%C3%BCller:p%2B+%40%26&@db.example.org:5433/kunden?sslmode=require");
        assert_eq!(given.server.get_hosts(), [Host::Tcp("db.example.org".to_owned())]);
        assert_eq!(given.server.get_ports(), [5433]);
        assert_eq!(given.server.get_user(), Some("müller"));
        assert_eq!(given.server.get_password(), Some("p++@&&".as_bytes()));
        assert_eq!(given.server.get_dbname(), Some("kunden"));
        assert_eq!(given.server.get_ssl_mode(), SslMode::Require);
        assert!(given.server.get_options().unwrap().contains("statement_timeout=15000"));

        let socket = options("postgres://postgres@localhost/kunden?host=/run/postgresql&sslmode=require");
        assert_eq!(socket.server.get_hosts(), [Host::Unix("/run/postgresql".into())]);
        assert_eq!(socket.server.get_ssl_mode(), SslMode::Disable);
        let version_6 = options("postgres://a@[::1]:5432/c").server;
        assert_eq!(version_6.get_hosts(), [Host::Tcp("::1".to_owned())]);
        assert_eq!(version_6.get_ssl_mode(), SslMode::Prefer);
    }

    #[test]
    fn certificates_that_cannot_be_read_stop_the_start() {
        let folder = Path::new("unused");
        let address = |rest: &str| format!("postgres://a@b/c?sslmode=verify-full&{rest}");
        for rest in ["sslrootcert=/nowhere.pem", "sslcert=/nowhere.pem", "sslcert=/nowhere.pem&sslkey=/nowhere.pem"] {
            let settings = crate::config::Config::for_tests(&address(rest), folder).unwrap().database;
            assert!(Options::new(&settings).is_err(), "{rest}");
        }
    }
}
