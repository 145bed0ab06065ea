//! The stores that machines share, one of a kind: what a workspace says of them, and what is in there.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// A store of its own.
pub(crate) enum SharedStore {
    /// A ref of a bare repository.
    Git(TempDir),
    /// A database, by the server's URL and its name.
    Database(String, String),
    /// A place in a bucket, by the server's URL and its name; with the setting.
    Bucket(String, String, String),
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let ran = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// Asks a database something.
fn ask<T>(url: &str, question: impl AsyncFnOnce(Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        question(client).await
    })
}

/// The value of a variable that names a server. Without it the stores there are not tried, and that is said.
fn server(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("TRUEUP_TEST_ALL_STORES").is_none(), "`{variable}` is not set");
        let words = format!("NOT TRIED: the stores of `{variable}`, which is not set; `.ci/run` sets it\n");
        let _ = std::io::stderr().write_all(words.as_bytes());
    }
    value
}

/// Fetches an object of a server that wants to know who asks, and takes anybody's word for it.
fn get(server: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).unwrap();
    let who = "AWS4-HMAC-SHA256 Credential=lab/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {server}\r\nAuthorization: {who}\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    answer.split_off(head + 4)
}

fn a_name() -> String {
    let folder = TempDir::with_prefix("lab").unwrap();
    folder.path().file_name().unwrap().to_string_lossy().to_lowercase().replace('.', "_")
}

impl SharedStore {
    /// One of each kind for which there is a server.
    pub(crate) fn of_each() -> Vec<SharedStore> {
        let database = server("TRUEUP_TEST_POSTGRES").map(|url| {
            let name = a_name();
            let make = format!("create database {name}");
            ask(&url, async |client| client.batch_execute(&make).await.unwrap());
            SharedStore::Database(url, name)
        });
        let bucket = server("TRUEUP_TEST_S3").map(|url| {
            let place = a_name();
            let setting = format!("  s3: {{ bucket: lab, prefix: {place}, endpoint: \"{url}\" }}\n");
            SharedStore::Bucket(url, place, setting)
        });
        std::iter::once(SharedStore::git()).chain(database).chain(bucket).collect()
    }

    /// A ref of a repository.
    pub(crate) fn git() -> SharedStore {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "--bare", "server.git"]);
        SharedStore::Git(folder)
    }

    /// The line of a workspace that names it.
    pub(crate) fn setting(&self) -> &str {
        match self {
            SharedStore::Git(_) => "  git: { ref: refs/trueup/lab, remote: origin }\n",
            SharedStore::Database(..) => "  postgres: \"${secret.db}\"\n",
            SharedStore::Bucket(_, _, setting) => setting,
        }
    }

    /// What a machine's environment has to hold.
    pub(crate) fn variables(&self) -> BTreeMap<&'static str, String> {
        let url = match self {
            SharedStore::Database(..) => self.url(),
            SharedStore::Git(_) | SharedStore::Bucket(..) => "nobody asks for it".to_owned(),
        };
        let keys = [("AWS_ACCESS_KEY_ID", "lab-access"), ("AWS_SECRET_ACCESS_KEY", "lab-secret-key")];
        keys.into_iter().map(|(name, value)| (name, value.to_owned())).chain([("LEDGER_DB", url)]).collect()
    }

    /// Makes a machine's folder one that knows it.
    pub(crate) fn join(&self, folder: &Path) {
        if let SharedStore::Git(server) = self {
            git(folder, &["init", "--quiet", "."]);
            git(folder, &["remote", "add", "origin", server.path().join("server.git").to_str().unwrap()]);
        }
    }

    /// The place for people.
    pub(crate) fn name(&self) -> String {
        match self {
            SharedStore::Git(_) => "refs/trueup/lab at origin".to_owned(),
            SharedStore::Database(_, name) => format!("database `{name}` at 127.0.0.1"),
            SharedStore::Bucket(url, place, _) => format!("s3://lab/{place} at {url}"),
        }
    }

    /// Says whether it keeps what a run writes down while it lasts.
    pub(crate) fn keeps_journals(&self) -> bool {
        matches!(self, SharedStore::Database(..))
    }

    /// What is in a file of it.
    pub(crate) fn text(&self, file: &str) -> String {
        match self {
            SharedStore::Git(folder) => {
                git(&folder.path().join("server.git"), &["show", &format!("refs/trueup/lab:{file}")])
            }
            SharedStore::Database(..) => ask(&self.url(), async |client| {
                let asked = "select convert_from(bytes, 'UTF8') from trueup.files where file = $1";
                client.query_one(asked, &[&file]).await.unwrap().get(0)
            }),
            SharedStore::Bucket(url, place, _) => {
                let body = get(url.strip_prefix("http://").unwrap(), &format!("/lab/{place}/ledgers.tar.gz"));
                let mut archive = tar::Archive::new(GzDecoder::new(&*body));
                let mut found = archive.entries().unwrap().map(Result::unwrap);
                let mut entry = found.find(|entry| entry.path().unwrap().to_str() == Some(file)).unwrap();
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                text
            }
        }
    }

    /// How many lines of runs that have not ended it keeps.
    pub(crate) fn lines(&self) -> i64 {
        match self {
            SharedStore::Database(..) => ask(&self.url(), async |client| {
                client.query_one("select count(*) from trueup.lines", &[]).await.unwrap().get(0)
            }),
            SharedStore::Git(_) | SharedStore::Bucket(..) => 0,
        }
    }

    fn url(&self) -> String {
        match self {
            SharedStore::Database(server, name) => format!("{}/{name}", server.rsplit_once('/').unwrap().0),
            SharedStore::Git(_) | SharedStore::Bucket(..) => String::new(),
        }
    }
}

impl Drop for SharedStore {
    fn drop(&mut self) {
        if let SharedStore::Database(server, name) = self {
            let drop = format!("drop database {name} with (force)");
            ask(server, async |client| client.batch_execute(&drop).await.unwrap());
        }
    }
}
