//! Ledgers in a PostgreSQL database: rows that change together in one transaction.
//!
//! All is in the schema `trueup`. One row says in which state the store is; whoever changes it names the state that was read,
//! and the files go along in the same transaction. The mark of a state is made by chance: a database that comes back from a
//! backup never has a state again that somebody else still remembers.
//!
//! Who reads needs no right to write: tables are made with the first change, and where there are none, nothing was kept.

use std::error::Error as _;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

use super::{Growth, Store, StoreChange, StoreError, StoreState, StoreTrouble};
use crate::digest::mark;
use crate::secret::Secret;
use crate::session::{Aside, DatabaseAccess, DatabaseError};

/// The layout of the tables. A later one is not touched.
const LAYOUT: i32 = 1;

/// The tables, made where they are missing.
pub(crate) const TABLES: &str = "
    create table trueup.store (
        one boolean primary key default true check (one),
        layout integer not null,
        state text not null
    );
    create table trueup.files (file text primary key, bytes bytea not null);
    create table trueup.lines (file text, part bigint, lines text not null, primary key (file, part));
    comment on table trueup.store is 'Ledgers of Trueup: the layout of these tables, and the state of the files';";

/// Keeps two programs from making the tables at once: a number that nobody else takes a lock by.
const MAKING: i64 = 0x7472_7565_7570;

/// How long an unused connection is taken for one that still stands.
const FRESH: Duration = Duration::from_secs(1);

/// Ledgers in a PostgreSQL database.
#[derive(Debug)]
pub(crate) struct PostgresStore {
    access: Result<DatabaseAccess, StoreError>,
    /// The connection that is kept, and when it was used last.
    kept: Mutex<Option<(Client, Instant)>>,
    aside: Aside,
    /// Bytes that are read of a file at most.
    limit: i64,
    /// How long a question may take.
    patience: Duration,
}

impl PostgresStore {
    /// The ledgers in the database of a URL.
    pub(crate) fn new(url: &Secret, limit: u64, patience: Duration) -> PostgresStore {
        let access = DatabaseAccess::of(url).map_err(|error| match error {
            DatabaseError::Url(told, help) => {
                let told = format!("the ledger's database can't be asked (`{}`): {told}", url.label());
                StoreError::Refused(StoreTrouble::new(told).help(help))
            }
            other => StoreError::Refused(StoreTrouble::new(other.to_string())),
        });
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        PostgresStore { access, kept: Mutex::default(), aside: Aside::default(), limit, patience }
    }

    /// Asks the database something, over a connection that stands. After any error the next question gets a new one: nobody
    /// knows what became of the old one.
    fn ask<T, Asked>(&self, question: impl FnOnce(Client) -> Asked + Send) -> Result<T, StoreError>
    where
        T: Send,
        Asked: Future<Output = Result<(T, Client), Failure>> + Send,
    {
        let access = self.access.as_ref().map_err(Clone::clone)?;
        let kept = self.kept().take();
        let work = async {
            let client = match kept {
                Some((client, used)) if stands(&client, used).await => client,
                _ => access.connect().await?,
            };
            question(client).await
        };
        match self.aside.wait(self.patience, work) {
            Ok(Ok((answer, client))) => {
                *self.kept() = Some((client, Instant::now()));
                Ok(answer)
            }
            Ok(Err(Failure::Store(error))) => Err(error),
            Ok(Err(Failure::Server(DatabaseError::Server(error)))) => Err(self.trouble(&error)),
            Ok(Err(Failure::Server(other))) => Err(StoreError::Refused(self.told(&other.to_string()))),
            Err(error) => Err(self.away(&error.to_string())),
        }
    }

    /// Says whether the store is in a state, or comes there by a change whose answer got lost: that one is waited for.
    fn became(&self, state: &str) -> Result<bool, StoreError> {
        self.ask(|mut client| async {
            let transaction = client.transaction().await?;
            // Whoever makes the tables has the one, whoever changes the state the other.
            transaction.execute("select pg_advisory_xact_lock($1)", &[&MAKING]).await?;
            let row = transaction.query_opt("select state from trueup.store for share", &[]).await?;
            let now = row.map(|row| row.try_get::<_, String>(0)).transpose()?;
            transaction.rollback().await?;
            Ok((now.as_deref() == Some(state), client))
        })
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Client, Instant)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, why: &str) -> StoreTrouble {
        StoreTrouble::new(format!("{}: {why}", self.name()))
    }

    fn away(&self, why: &str) -> StoreError {
        StoreError::Away(self.told(why).help("see that it can be reached from here, and run it again: nothing is lost"))
    }

    /// What the server or the way to it said. Rights and rules stay what they are; all else may pass.
    fn trouble(&self, error: &tokio_postgres::Error) -> StoreError {
        let refused = |why: &str, help: &str| StoreError::Refused(self.told(why).help(help));
        let Some(said) = error.as_db_error() else {
            let cause = error.source().map_or_else(|| error.to_string(), |cause| cause.to_string());
            return self.away(&cause);
        };
        let words = said.message();
        match said.code() {
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                refused("the server takes neither user nor password", "correct the URL in the secret")
            }
            &SqlState::INVALID_CATALOG_NAME => refused("there is no such database", "make it, or correct the URL"),
            &SqlState::INSUFFICIENT_PRIVILEGE => refused(words, RIGHTS),
            &SqlState::READ_ONLY_SQL_TRANSACTION => {
                refused(words, "name the server that takes writes, or add `target_session_attrs=read-write` to the URL")
            }
            code if code.code().starts_with("42") => {
                refused(words, "see who changed the tables of the schema `trueup`")
            }
            _ => self.away(words),
        }
    }
}

/// What an account needs.
const RIGHTS: &str = "to read: `grant usage on schema trueup` and `grant select on all tables in schema trueup`; to write, \
                      it owns the schema, or may insert, update and delete there";

/// Why a question has no answer.
enum Failure {
    Store(StoreError),
    Server(DatabaseError),
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Failure {
        Failure::Server(error)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        Failure::Server(error.into())
    }
}

/// Says whether a connection that was kept still stands.
async fn stands(client: &Client, used: Instant) -> bool {
    const SOON: Duration = Duration::from_secs(5);
    used.elapsed() < FRESH || tokio::time::timeout(SOON, client.check_connection()).await.is_ok_and(|said| said.is_ok())
}

impl Store for PostgresStore {
    fn name(&self) -> String {
        self.access.as_ref().map_or_else(|_| "a database".to_owned(), DatabaseAccess::name)
    }

    fn state(&self) -> Result<Option<StoreState>, StoreError> {
        let row = self.ask(|client| async move {
            let row = match client.query_opt("select layout, state from trueup.store", &[]).await {
                Err(error) if is_missing(&error) => None,
                asked => asked?,
            };
            let Some(row) = row else { return Ok((None, client)) };
            Ok((Some((row.try_get::<_, i32>(0)?, row.try_get::<_, String>(1)?)), client))
        })?;
        match row {
            Some((layout, _)) if layout > LAYOUT => {
                let told = format!("its tables were laid out by a later version of Trueup (layout {layout})");
                Err(StoreError::Refused(self.told(&told).help("use that version")))
            }
            row => Ok(row.map(|(_, state)| StoreState(state))),
        }
    }

    fn read(&self, at: &StoreState, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        const READ: &str = "
            select state, octet_length(bytes), case when octet_length(bytes) <= $2::bigint then bytes end
            from trueup.store left join (
                select bytes from trueup.files where file = $1 union all
                select convert_to(string_agg(lines, '' order by part), 'UTF8') from trueup.lines where file = $1
                having count(*) > 0
            ) as kept on true";
        let row = self.ask(|client| async move {
            let row = match client.query_opt(READ, &[&file, &self.limit]).await {
                Err(error) if is_missing(&error) => None,
                asked => asked?,
            };
            let Some(row) = row else { return Err(Failure::Store(StoreError::Raced)) };
            let (state, size): (String, Option<i32>) = (row.try_get(0)?, row.try_get(1)?);
            if state != at.0 {
                return Err(Failure::Store(StoreError::Raced));
            }
            Ok(((size, row.try_get::<_, Option<Vec<u8>>>(2)?), client))
        })?;
        match row {
            (Some(size), None) => {
                Err(StoreError::Refused(self.told(&format!("`{file}` has {size} bytes, and {} are read", self.limit))))
            }
            (_, bytes) => Ok(bytes),
        }
    }

    fn swap(&self, from: Option<&StoreState>, change: &StoreChange) -> Result<StoreState, StoreError> {
        let next = mark();
        let swapped = self.ask(|mut client| async {
            let transaction = client.transaction().await?;
            let moved = match from {
                Some(from) => step(&transaction, &from.0, &next).await?,
                None => begin(&transaction, &next).await?,
            };
            if !moved {
                return Err(Failure::Store(StoreError::Raced));
            }
            for (file, bytes) in change {
                put(&transaction, file, bytes.as_deref()).await?;
            }
            transaction.commit().await?;
            Ok(((), client))
        });
        match swapped {
            Err(StoreError::Away(why)) if !self.became(&next).unwrap_or(false) => Err(StoreError::Away(why)),
            Err(error @ (StoreError::Raced | StoreError::Refused(_))) => Err(error),
            Ok(()) | Err(StoreError::Away(_)) => Ok(StoreState(next)),
        }
    }

    fn grows(&self) -> bool {
        true
    }

    fn grow(&self, growth: &Growth<'_>) -> Result<(), StoreError> {
        // Whoever takes the lease away waits for this, and this for them: then it looks at what they wrote.
        const GROW: &str = "
            with held as (
                select 1 from trueup.files where file = $4
                    and convert_from(bytes, 'UTF8')::jsonb -> 'leases' @> $5::text::jsonb for share
            ), added as (
                insert into trueup.lines (file, part, lines) select $1, $2, $3 from held on conflict do nothing
            )
            select count(*) from held";
        let Growth { file, part, lines, leases, lease } = growth;
        let lease = format!("[{lease}]");
        let held = self.ask(|client| async move {
            let row = client.query_one(GROW, &[file, part, lines, leases, &lease]).await?;
            Ok((row.try_get::<_, i64>(0)?, client))
        })?;
        if held == 1 { Ok(()) } else { Err(StoreError::Raced) }
    }
}

/// Takes the store from one state to the next. Of two at once, the second waits for the first and finds another state.
async fn step(transaction: &Transaction<'_>, from: &str, next: &str) -> Result<bool, tokio_postgres::Error> {
    const STEP: &str = "update trueup.store set state = $2 where state = $1 and layout = $3";
    match transaction.execute(STEP, &[&from, &next, &LAYOUT]).await {
        // Whoever read that state read it from tables.
        Err(error) if is_missing(&error) => Ok(false),
        moved => Ok(moved? == 1),
    }
}

/// Takes the store to its first state, and makes what it is kept in. Whatever somebody made for it is taken as it is: to make
/// anything needs rights which to use it does not.
async fn begin(transaction: &Transaction<'_>, next: &str) -> Result<bool, Failure> {
    const BEGIN: &str = "insert into trueup.store (layout, state) values ($2, $1) on conflict do nothing";
    const LOOK: &str = "select current_setting('server_encoding'), to_regnamespace('trueup') is not null";
    const HAS_TABLES: &str = "select to_regclass('trueup.store') is not null";
    transaction.execute("select pg_advisory_xact_lock($1)", &[&MAKING]).await?;
    let look = transaction.query_one(LOOK, &[]).await?;
    let encoding: String = look.try_get(0)?;
    if encoding != "UTF8" {
        let told = format!("the database has the encoding {encoding}, which not all that is kept can be written in");
        let trouble =
            StoreTrouble::new(told).help("make one with `create database NAME encoding 'UTF8' template template0`");
        return Err(Failure::Store(StoreError::Refused(trouble)));
    }
    if !look.try_get::<_, bool>(1)? {
        transaction.batch_execute("create schema trueup").await?;
    }
    if !transaction.query_one(HAS_TABLES, &[]).await?.try_get::<_, bool>(0)? {
        transaction.batch_execute(TABLES).await?;
    }
    Ok(transaction.execute(BEGIN, &[&next, &LAYOUT]).await? == 1)
}

async fn put(transaction: &Transaction<'_>, file: &str, bytes: Option<&[u8]>) -> Result<(), tokio_postgres::Error> {
    const PUT: &str = "insert into trueup.files (file, bytes) values ($1, $2)
                       on conflict (file) do update set bytes = excluded.bytes";
    match bytes {
        Some(bytes) => transaction.execute(PUT, &[&file, &bytes]).await?,
        None => {
            transaction.execute("delete from trueup.lines where file = $1", &[&file]).await?;
            transaction.execute("delete from trueup.files where file = $1", &[&file]).await?
        }
    };
    Ok(())
}

/// Says whether there are no tables yet.
fn is_missing(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(code))
}
