//! Connections to a PostgreSQL database: what its URL says, and TLS by the rules that hold for all servers here.
//!
//! Never weaker than asked, and never in clear beyond this machine:
//!
//! | `sslmode` | the server is this machine | it is another one |
//! |---|---|---|
//! | none, `allow`, `prefer` | in clear | TLS |
//! | `disable` | in clear | refused |
//! | `require`, `verify-ca`, `verify-full` | TLS | TLS |
//!
//! TLS always means a certificate for the server's name, by the system's roots or those of the file that `sslrootcert` names.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use url::form_urlencoded;

use crate::secret::Secret;
use crate::session::encode;
use crate::session::http::default_provider;

/// How long a server may take to say that it is there, unless the URL says otherwise.
const CONNECT: Duration = Duration::from_secs(10);

/// What every connection asks of its server: no statement without an end, what it calls done is on disk, and whoever comes
/// second sees what the first one did.
const MANNERS: &str = "set statement_timeout = '60s'; set lock_timeout = '20s'; \
                       set idle_in_transaction_session_timeout = '60s'; set synchronous_commit = on; \
                       set default_transaction_isolation = 'read committed'";

/// The way to a database.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseAccess {
    /// The password is in there, which its debugging form leaves out.
    config: Config,
    roots: Option<PathBuf>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// What the URL says can't be done.
    #[error("{0}")]
    Url(&'static str, &'static str),
    /// What a server is recognised by can't be read.
    #[error("{0}")]
    Roots(String),
    /// The server is not there, or refuses.
    #[error(transparent)]
    Server(#[from] tokio_postgres::Error),
}

impl DatabaseAccess {
    /// The way that a URL tells.
    ///
    /// # Errors
    /// It is no such URL, or asks for less than is safe. Nothing of it is in the words.
    pub(crate) fn of(url: &Secret) -> Result<DatabaseAccess, DatabaseError> {
        encode::database(url)
    }

    /// Reads a URL.
    pub(super) fn read(url: &str) -> Result<DatabaseAccess, DatabaseError> {
        const FORM: DatabaseError = DatabaseError::Url(
            "the secret holds no URL of a PostgreSQL database",
            "it is spelt `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`",
        );
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(FORM);
        }
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (own, others): (Vec<&str>, Vec<&str>) = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .partition(|pair| pair.starts_with("sslmode=") || pair.starts_with("sslrootcert="));
        let mut config: Config = format!("{place}?{}", others.join("&")).parse().map_err(|_| FORM)?;
        if config.get_hosts().is_empty() {
            return Err(FORM);
        }
        let (mut mode, mut roots) = (String::new(), None);
        for (name, value) in form_urlencoded::parse(own.join("&").as_bytes()) {
            match &*name {
                "sslmode" => mode = value.into_owned(),
                _ => roots = Some(value).filter(|value| value != "system").map(|value| PathBuf::from(&*value)),
            }
        }
        config.ssl_mode(ssl_mode(&mode, is_this_machine(&config))?);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("trueup");
        }
        Ok(DatabaseAccess { config, roots })
    }

    /// The database for people, as in ``database `trueup` at db.example``.
    pub(crate) fn name(&self) -> String {
        let hosts: Vec<String> = self.config.get_hosts().iter().map(host_name).collect();
        let database = self.config.get_dbname().or(self.config.get_user()).unwrap_or("postgres");
        format!("database `{database}` at {}", hosts.join(", "))
    }

    /// Connects. The connection lives as long as the client does.
    ///
    /// # Errors
    /// The server is not there, is not who it should be, or refuses.
    pub(crate) async fn connect(&self) -> Result<Client, DatabaseError> {
        let tls = MakeRustlsConnect::new(self.tls()?);
        let (client, connection) = self.config.connect(tls).await?;
        tokio::spawn(async move {
            // Whoever asks something of the client hears of it.
            let _ = connection.await;
        });
        client.batch_execute(MANNERS).await?;
        Ok(client)
    }

    fn tls(&self) -> Result<ClientConfig, DatabaseError> {
        let fail = |error: &dyn std::fmt::Display| DatabaseError::Roots(format!("could not set up TLS: {error}"));
        let builder = ClientConfig::builder_with_provider(default_provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| fail(&error))?;
        let Some(file) = &self.roots else {
            return Ok(builder.with_platform_verifier().map_err(|error| fail(&error))?.with_no_client_auth());
        };
        let unread = || DatabaseError::Roots(format!("`{}` holds no PEM certificates", file.display()));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file).map_err(|_| unread())? {
            roots.add(certificate.map_err(|_| unread())?).map_err(|error| fail(&error))?;
        }
        if roots.is_empty() { Err(unread()) } else { Ok(builder.with_root_certificates(roots).with_no_client_auth()) }
    }
}

fn ssl_mode(said: &str, is_here: bool) -> Result<SslMode, DatabaseError> {
    match said {
        "disable" | "allow" | "prefer" | "" if is_here => Ok(SslMode::Disable),
        "disable" => Err(DatabaseError::Url(
            "its URL says `sslmode=disable`: password and ledger would go over the network in clear",
            "write `sslmode=verify-full`",
        )),
        "allow" | "prefer" | "" | "require" | "verify-ca" | "verify-full" => Ok(SslMode::Require),
        _ => Err(DatabaseError::Url("its URL names an `sslmode` that there is not", "write `sslmode=verify-full`")),
    }
}

/// Says whether nothing that is sent leaves this machine. An address counts more than the name that goes with it.
fn is_this_machine(config: &Config) -> bool {
    let is_near = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(is_near),
        addresses => addresses.iter().all(IpAddr::is_loopback),
    }
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_in_clear_beyond_this_machine() {
        let here = ["127.0.0.1", "localhost", "[::1]", "%2Ftmp%2Fpg", "localhost:5,127.0.0.9", "db.example"];
        let there = ["db.example", "192.0.2.7:5432", "localhost,db.example", "localhost.example", "localhost"];
        let modes = ["", "disable", "allow", "prefer", "require", "verify-ca", "verify-full", "none"];
        for mode in modes {
            let read = |host: &str, more: &str| {
                let url = format!("postgres://u:canary@{host}/d?application_name=a&sslmode={mode}{more}");
                DatabaseAccess::read(&url).map(|access| access.config.get_ssl_mode()).map_err(|error| error.to_string())
            };
            for host in here {
                let more = if host == "db.example" { "&hostaddr=127.0.0.1" } else { "" };
                let expected = match mode {
                    "" | "disable" | "allow" | "prefer" => Some(SslMode::Disable),
                    "none" => None,
                    _ => Some(SslMode::Require),
                };
                assert_eq!(read(host, more).ok(), expected, "{host} {mode}");
            }
            for host in there {
                let more = if host == "localhost" { "&hostaddr=192.0.2.1" } else { "" };
                let expected = if matches!(mode, "disable" | "none") { None } else { Some(SslMode::Require) };
                assert_eq!(read(host, more).ok(), expected, "{host} {mode}");
            }
        }
    }

    #[test]
    fn what_is_no_url_is_told_without_a_word_of_it() {
        for text in [
            "",
            "canary",
            "host=canary password=canary",
            "mysql://canary@h/d",
            "postgres://canary:canary@h:canary/d",
            "postgres://u@h/d?canary=1",
            "postgres:///canary",
            "postgres://u:canary@h/d?sslmode=canary",
        ] {
            let error = DatabaseAccess::read(text).unwrap_err();
            let DatabaseError::Url(told, help) = error else { panic!("{text}: {error}") };
            assert!(!told.contains("canary") && !help.contains("canary"), "{text}: {told}");
        }
    }

    #[test]
    fn a_name_holds_host_and_database_and_nothing_else() {
        for (url, name) in [
            ("postgres://me:canary@db.example:5433/wan", "database `wan` at db.example"),
            ("postgresql://me:canary@a,b:6/wan?sslrootcert=/etc/ca.pem", "database `wan` at a, b"),
        ] {
            let access = DatabaseAccess::read(url).unwrap();
            assert_eq!(access.name(), name);
            assert!(!format!("{access:?}").contains("canary"));
        }
    }

    #[test]
    fn servers_are_recognised_by_the_file_that_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let url = format!("postgres://u@db.example/d?sslrootcert={}", file.display());
        let access = DatabaseAccess::read(&url).unwrap();
        assert!(access.tls().is_err(), "it is not there");
        std::fs::write(&file, "no certificate").unwrap();
        assert!(access.tls().is_err(), "nothing is in it");
        let key = rcgen::generate_simple_self_signed(vec!["db.example".into()]).unwrap();
        std::fs::write(&file, key.cert.pem()).unwrap();
        assert!(access.tls().is_ok());
        assert!(DatabaseAccess::read("postgres://u@h/d?sslrootcert=system").unwrap().tls().is_ok());
    }
}
