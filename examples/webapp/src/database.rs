//! The database: an SQLite file, or PostgreSQL for instances on several machines. Both use the same
//! statements and migrations.

use std::{
    convert::Infallible,
    error::Error,
    fmt,
    path::PathBuf,
    str::FromStr,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sqlx::{
    AnyPool,
    any::{AnyPoolOptions, install_default_drivers},
    migrate::MigrateError,
};
use tokio::time::sleep;

use crate::private_file;

/// How long a request waits for a database connection before the user is asked to try again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many times to try to prepare an SQLite file that other instances are preparing at the same
/// time.
const MOST_TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// The location of the database.
#[derive(Clone)]
pub enum Place {
    Memory,
    File(PathBuf),
    /// A URL, which may contain a password.
    Postgres(String),
}

impl FromStr for Place {
    type Err = Infallible;

    fn from_str(place: &str) -> Result<Self, Infallible> {
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|it| place.starts_with(it));
        Ok(if is_postgres { Self::Postgres(place.to_owned()) } else { Self::File(place.into()) })
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("Memory"),
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
            Self::Postgres(_) => f.write_str("Postgres(..)"),
        }
    }
}

/// Opens the database and migrates its tables.
pub async fn open(place: &Place) -> Result<AnyPool, Box<dyn Error>> {
    install_default_drivers();
    let options = AnyPoolOptions::new().acquire_timeout(PATIENCE);
    match place {
        // Use a single connection: each connection to `:memory:` has its own database.
        Place::Memory => {
            let one = options.max_connections(1).idle_timeout(None).max_lifetime(None);
            let pool = one.connect("sqlite::memory:").await?;
            migrate(&pool).await?;
            Ok(pool)
        }
        Place::File(file) => {
            private_file::make(file)?;
            let name = file.display().to_string().replace('%', "%25").replace('?', "%3F");
            let pool = options.connect(&format!("sqlite:{name}")).await?;
            // If two instances create the tables at the same time, SQLite makes one of them fail.
            // On its next try, the tables exist.
            let mut tries = 1;
            while let Err(error) = prepare_file(&pool).await {
                if tries == MOST_TRIES {
                    return Err(error.into());
                }
                tries += 1;
                sleep(BETWEEN_TRIES).await;
            }
            Ok(pool)
        }
        Place::Postgres(url) => {
            let pool = options.connect(url).await?;
            migrate(&pool).await?;
            Ok(pool)
        }
    }
}

async fn prepare_file(pool: &AnyPool) -> sqlx::Result<()> {
    // Lets readers and a writer work at the same time. The setting is stored in the file.
    sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(pool).await?;
    Ok(migrate(pool).await?)
}

/// Creates or updates the tables. Ignores migrations from a newer version, because older instances
/// keep running while a fleet is being updated.
async fn migrate(pool: &AnyPool) -> Result<(), MigrateError> {
    sqlx::migrate!().set_ignore_missing(true).run(pool).await
}

/// Returns the current time in Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Returns an unguessable ID for a new row.
pub fn fresh_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system provides randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}
