//! The database: an SQLite file, or PostgreSQL for instances on several machines. Statements and migrations are the
//! same for both.

use std::{
    convert::Infallible,
    fmt,
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sqlx::{
    AnyPool,
    any::{AnyPoolOptions, install_default_drivers},
};

/// How long a request waits for a connection before the person is asked to try again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the database is.
#[derive(Clone)]
pub enum Place {
    Memory,
    File(PathBuf),
    /// A URL, which may hold a password.
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

/// Opens the database, and brings its tables up to date.
pub async fn open(place: &Place) -> sqlx::Result<AnyPool> {
    install_default_drivers();
    let options = AnyPoolOptions::new().acquire_timeout(PATIENCE);
    let pool = match place {
        // Each connection would have a database of its own.
        Place::Memory => {
            let one = options.max_connections(1).idle_timeout(None).max_lifetime(None);
            one.connect("sqlite::memory:").await?
        }
        Place::File(file) => {
            make_private(file).map_err(sqlx::Error::Io)?;
            let name = file.display().to_string().replace('%', "%25").replace('?', "%3F");
            let pool = options.connect(&format!("sqlite:{name}")).await?;
            // Readers and a writer at once; it is kept in the file.
            sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&pool).await?;
            pool
        }
        Place::Postgres(url) => options.connect(url).await?,
    };
    sqlx::migrate!().run(&pool).await?;
    Ok(pool)
}

/// Makes the file, if it is not there, for its owner alone: sessions are in it, too.
fn make_private(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

/// Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A name for a new row, which nobody guesses.
pub fn fresh_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}
