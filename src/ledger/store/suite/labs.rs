//! The places in which stores are tried: each of a kind, with machines that use it.

use std::any::Any;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use url::Url;

use super::bucket::{ACCESS, BucketServer, KEY};
use super::{LIMIT, REF, Store};
use crate::digest::mark;
use crate::ledger::store::{FileStore, GitStore, PostgresStore, S3Store};
use crate::secret::Secret;
use crate::session::Aside;
use crate::session::DatabaseAccess;
use crate::topology::S3Place;

/// Longer than anything takes that comes to its end.
pub(super) const LONG: Duration = Duration::from_secs(120);

/// A place for a store, and machines that use it.
pub(super) struct Lab {
    /// What goes when it goes.
    _kept: Box<dyn Any>,
    open: Box<dyn Fn(usize) -> Box<dyn Store>>,
}

impl Lab {
    /// The store as one of the machines sees it.
    pub(super) fn machine(&self, number: usize) -> Box<dyn Store> {
        (self.open)(number)
    }
}

pub(super) fn git(folder: &Path, arguments: &[&str]) {
    let ran = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A bare repository, and clones of it on two machines.
pub(super) fn two_clones() -> (PathBuf, Lab) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    git(&path, &["init", "--quiet", "--bare", "server.git"]);
    for machine in ["0", "1"] {
        git(&path, &["clone", "--quiet", "server.git", machine]);
    }
    let clones = path.clone();
    let open = move |number: usize| -> Box<dyn Store> {
        Box::new(GitStore::new(&clones.join(number.to_string()), REF, Some("origin"), LIMIT))
    };
    (path, Lab { _kept: Box::new(folder), open: Box::new(open) })
}

fn one_repository() -> Lab {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "."]);
    let path = folder.path().to_owned();
    let open = move |_| -> Box<dyn Store> { Box::new(GitStore::new(&path, REF, None, LIMIT)) };
    Lab { _kept: Box::new(folder), open: Box::new(open) }
}

fn file() -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.json");
    let open = move |_| -> Box<dyn Store> { Box::new(FileStore::new(path.clone(), "lab.json", LIMIT)) };
    Lab { _kept: Box::new(folder), open: Box::new(open) }
}

/// A server that is reached by TCP, so that a wire can be laid between.
pub(super) trait Server {
    /// Where it is.
    fn at(&self) -> SocketAddr;

    /// A store of it that is reached at an address, and takes so long for a question at most.
    fn store(&self, at: SocketAddr, patience: Duration) -> Box<dyn Store>;

    /// Takes note of all that it holds.
    fn keep(&mut self);

    /// Brings back what was taken note of, as from a backup: what came later is lost.
    fn bring_back(&self);
}

/// A database of its own at the server that tests are given.
pub(super) struct Database {
    server: Url,
    name: String,
    aside: Aside,
}

impl Database {
    fn make(server: &str) -> Database {
        let server = Url::parse(server).expect("`TRUEUP_TEST_POSTGRES` is a URL");
        let name = format!("lab_{}", &mark()[..16]);
        let database = Database { server, name, aside: Aside::default() };
        database.tell("", &format!("create database {}", database.name));
        database
    }

    pub(super) fn url(&self, at: Option<SocketAddr>, database: &str) -> Url {
        let mut url = self.server.clone();
        if let Some(at) = at {
            url.set_ip_host(at.ip()).unwrap();
            url.set_port(Some(at.port())).unwrap();
        }
        if !database.is_empty() {
            url.set_path(database);
        }
        url
    }

    /// Has statements carried out in a database of the server.
    pub(super) fn tell(&self, database: &str, statements: &str) {
        let access = DatabaseAccess::of(&Secret::new("lab", self.url(None, database).as_str())).unwrap();
        let work = async {
            let client = access.connect().await.map_err(|error| error.to_string())?;
            client.batch_execute(statements).await.map_err(|error| format!("{error:?}"))
        };
        self.aside.wait(LONG, work).unwrap().unwrap();
    }

    /// Has statements carried out in this database.
    pub(super) fn say(&self, statements: &str) {
        self.tell(&self.name, statements);
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.tell("", &format!("drop database {} with (force)", self.name));
    }
}

impl Server for Database {
    fn at(&self) -> SocketAddr {
        let place = (self.server.host_str().unwrap(), self.server.port().unwrap_or(5432));
        place.to_socket_addrs().unwrap().next().unwrap()
    }

    fn store(&self, at: SocketAddr, patience: Duration) -> Box<dyn Store> {
        let url = Secret::new("secret.lab", self.url(Some(at), &self.name).as_str());
        Box::new(PostgresStore::new(&url, LIMIT, patience))
    }

    fn keep(&mut self) {
        self.say("create schema kept; create table kept.store as table trueup.store; create table kept.files as table trueup.files");
    }

    fn bring_back(&self) {
        self.say(
            "begin; delete from trueup.store; delete from trueup.files; insert into trueup.store select * from kept.store;
             insert into trueup.files select * from kept.files; commit",
        );
    }
}

/// The bucket server in memory, with what was taken note of.
pub(super) struct Bucket(pub BucketServer, std::collections::BTreeMap<String, Vec<u8>>);

impl Server for Bucket {
    fn at(&self) -> SocketAddr {
        self.0.at
    }

    fn store(&self, at: SocketAddr, patience: Duration) -> Box<dyn Store> {
        Box::new(S3Store::new(&place(&format!("http://{at}"), "lab", None), LIMIT, patience))
    }

    fn keep(&mut self) {
        self.1 = self.0.objects();
    }

    fn bring_back(&self) {
        self.0.put_back(self.1.clone());
    }
}

pub(super) fn place(endpoint: &str, bucket: &str, prefix: Option<&str>) -> S3Place {
    S3Place {
        bucket: bucket.into(),
        prefix: prefix.map(str::to_owned),
        region: "us-east-1".into(),
        endpoint: Some(endpoint.into()),
        access: Secret::new("secret.access", ACCESS),
        key: Secret::new("secret.key", KEY),
        session: None,
    }
}

pub(super) fn bucket() -> Bucket {
    Bucket(BucketServer::start(), std::collections::BTreeMap::new())
}

fn of(server: impl Server + 'static) -> Lab {
    let server = std::rc::Rc::new(server);
    let shared = server.clone();
    Lab { _kept: Box::new(server), open: Box::new(move |_| shared.store(shared.at(), LONG)) }
}

/// The value of a variable that names a server; without it what needs the server is left out, and that is said.
pub(super) fn server(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("TRUEUP_TEST_ALL_STORES").is_none(), "`{variable}` is not set");
        let words = format!("NOT TRIED: the stores of `{variable}`, which is not set; `.ci/run` sets it\n");
        // The standard macros would be kept from who reads what the tests say.
        let _ = std::io::stderr().write_all(words.as_bytes());
    }
    value
}

/// A database of its own, where there is a server.
pub(super) fn database() -> Option<Database> {
    server("TRUEUP_TEST_POSTGRES").map(|url| Database::make(&url))
}

/// A place of its own at a server of S3's kind that somebody else wrote, where there is one.
fn foreign_bucket() -> Option<Lab> {
    let endpoint = server("TRUEUP_TEST_S3")?;
    let prefix = mark()[..16].to_owned();
    let open =
        move |_| -> Box<dyn Store> { Box::new(S3Store::new(&place(&endpoint, "lab", Some(&prefix)), LIMIT, LONG)) };
    Some(Lab { _kept: Box::new(()), open: Box::new(open) })
}

/// A place of each kind, all of them empty.
pub(super) fn labs() -> Vec<(&'static str, Lab)> {
    let here = [
        ("file", file()),
        ("one repository", one_repository()),
        ("two clones", two_clones().1),
        ("bucket", of(bucket())),
    ];
    let there = [("database", database().map(of)), ("foreign bucket", foreign_bucket())];
    here.into_iter().chain(there.into_iter().filter_map(|(name, lab)| Some((name, lab?)))).collect()
}

/// The servers between which and their stores a wire can be laid.
pub(super) fn servers() -> Vec<(&'static str, Box<dyn Server>)> {
    let bucket: (_, Box<dyn Server>) = ("bucket", Box::new(bucket()));
    let database = database().map(|database| -> (_, Box<dyn Server>) { ("database", Box::new(database)) });
    std::iter::once(bucket).chain(database).collect()
}

/// A hook that the server of the two clones runs.
pub(super) fn hook(folder: &Path, name: &str, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("server.git/hooks").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}
