//! A database for each test: an SQLite file, or one on a PostgreSQL server if the environment names
//! one.

use std::{env, path::Path, thread};

use sqlx::{AnyConnection, Connection as _, any::install_default_drivers};

/// The server's database URL, as set by `tests/machines/run`.
const SERVER: &str = "WEBAPP_TEST_POSTGRES";

/// A new database, as a value for the option `--database`.
pub fn fresh(name: &str, directory: &Path) -> String {
    let Ok(server) = env::var(SERVER) else {
        return directory.join("shop.sqlite").display().to_string();
    };
    let name = format!("shop_{}", name.replace('-', "_"));
    blocking(async || {
        let mut connection = connect(&server).await;
        for statement in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name}"),
        ] {
            sqlx::raw_sql(&statement).execute(&mut connection).await.expect("a database");
        }
    });
    let (server, _) = server.rsplit_once('/').expect("the path is a database");
    format!("{server}/{name}")
}

/// The results of a query for one text column.
pub fn texts(database: &str, query: &str) -> Vec<String> {
    blocking(async || {
        let mut connection = connect(database).await;
        sqlx::query_scalar(query).fetch_all(&mut connection).await.expect("an answer")
    })
}

async fn connect(database: &str) -> AnyConnection {
    install_default_drivers();
    let is_url = database.contains("://");
    let url = if is_url { database.to_owned() } else { format!("sqlite:{database}") };
    AnyConnection::connect(&url).await.expect("the database is there")
}

/// Runs in its own thread, because some tests have their own runtime.
fn blocking<T: Send>(work: impl AsyncFnOnce() -> T + Send) -> T {
    let in_a_runtime = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work())
    };
    thread::scope(|scope| scope.spawn(in_a_runtime).join().expect("no panic"))
}
