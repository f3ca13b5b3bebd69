//! Storage for logins in progress, as an alternative to cookies.

use std::{
    collections::HashMap,
    error::Error as StdError,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The reason why a [`Store`] failed.
pub type StoreError = Box<dyn StdError + Send + Sync>;

/// Keeps pending logins, QR logins and hosted request objects where every instance of the
/// application can find them. This can be a database table with columns for the ID (unique), the
/// text, the end time and the end of the lease. See [`Logins::keep_in`](super::Logins::keep_in).
///
/// An ID is at most 4 KiB long, and the text is a few KiB long. Both are secret: anyone who can read
/// them can take over logins, so protect them like sessions. Treat an entry past its end time as
/// missing. When to delete such entries is up to you.
///
/// Each method must be atomic, so that no other call takes effect between its read and its write. A
/// single SQL statement is enough for each method. Write the methods as `async fn`.
///
/// ```
/// use itsme_reqwest::axum::{Store, StoreError};
/// use std::time::Duration;
/// # struct Pool;
/// # struct Query;
/// # fn sql(_: &str) -> Query { Query }
/// # impl Query {
/// #     fn bind<T>(self, _: T) -> Self { self }
/// #     async fn execute(self, _: &Pool) -> Result<u64, StoreError> { Ok(1) }
/// #     async fn text(self, _: &Pool) -> Result<Option<String>, StoreError> { Ok(None) }
/// # }
///
/// struct Table(Pool);
///
/// impl Store for Table {
///     async fn put(&self, id: &str, text: &str, lifetime: Duration) -> Result<(), StoreError> {
///         let statement = "INSERT INTO under_way (id, text, ends_at) VALUES (?, ?, unixepoch() + ?)";
///         sql(statement).bind(id).bind(text).bind(lifetime.as_secs()).execute(&self.0).await?;
///         Ok(())
///     }
///
///     async fn get(&self, id: &str) -> Result<Option<String>, StoreError> {
///         let query = "SELECT text FROM under_way WHERE id = ? AND ends_at > unixepoch()";
///         sql(query).bind(id).text(&self.0).await
///     }
///
///     async fn lease(&self, id: &str, time: Duration) -> Result<Option<String>, StoreError> {
///         let statement = "UPDATE under_way SET leased_until = unixepoch() + ? WHERE id = ?
///             AND ends_at > unixepoch() AND (leased_until IS NULL OR leased_until <= unixepoch())
///             RETURNING text";
///         sql(statement).bind(time.as_secs()).bind(id).text(&self.0).await
///     }
///
///     async fn give_back(&self, id: &str, text: &str) -> Result<(), StoreError> {
///         let statement = "UPDATE under_way SET text = ?, leased_until = NULL WHERE id = ?";
///         sql(statement).bind(text).bind(id).execute(&self.0).await?;
///         Ok(())
///     }
///
///     async fn remove(&self, id: &str) -> Result<bool, StoreError> {
///         let statement = "DELETE FROM under_way WHERE id = ? AND ends_at > unixepoch()";
///         Ok(sql(statement).bind(id).execute(&self.0).await? == 1)
///     }
/// }
/// ```
pub trait Store: Send + Sync + 'static {
    /// Stores text under a new ID for this long.
    ///
    /// # Errors
    /// If the text cannot be stored. In that case, the login is not started.
    fn put(
        &self,
        id: &str,
        text: &str,
        lifetime: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads the text with this ID, whether it is leased or not.
    ///
    /// # Errors
    /// If the text cannot be read.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Leases the text with this ID to one caller. All other callers get `None` until it is [given
    /// back](Self::give_back) or `time` has passed.
    ///
    /// # Errors
    /// If the text cannot be read or leased.
    fn lease(
        &self,
        id: &str,
        time: Duration,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Ends the lease and replaces the leased text, keeping its end time. Does nothing if the entry
    /// has been removed in the meantime.
    ///
    /// # Errors
    /// If the text cannot be written.
    fn give_back(
        &self,
        id: &str,
        text: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes the entry, whether it is leased or not. Of several concurrent callers, only the one
    /// that removed the entry gets `true`.
    ///
    /// # Errors
    /// If the entry cannot be removed.
    fn remove(&self, id: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A [`Store`] in this process's memory, for tests, or for a single instance that can afford to lose the
/// logins in progress when it stops. Cheap to clone; clones share their contents.
#[derive(Clone, Default)]
pub struct InMemory(Arc<Mutex<HashMap<String, Kept>>>);

struct Kept {
    text: String,
    ends: Instant,
    leased_until: Option<Instant>,
}

/// The maximum number of entries. There is a limit because anyone can start logins.
const MOST: usize = 20_000;

impl InMemory {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for InMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemory").field("kept", &self.kept().len()).finish_non_exhaustive()
    }
}

impl Store for InMemory {
    async fn put(&self, id: &str, text: &str, lifetime: Duration) -> Result<(), StoreError> {
        let (mut kept, now) = (self.kept(), Instant::now());
        if kept.len() >= MOST {
            kept.retain(|_, it| it.ends > now);
        }
        if kept.len() >= MOST {
            return Err("too many logins are in progress".into());
        }
        // If the clock cannot represent the end time, use one day, which is long enough.
        let ends = now.checked_add(lifetime).unwrap_or(now + Duration::from_secs(86_400));
        kept.insert(id.to_owned(), Kept { text: text.to_owned(), ends, leased_until: None });
        Ok(())
    }

    async fn get(&self, id: &str) -> Result<Option<String>, StoreError> {
        let (kept, now) = (self.kept(), Instant::now());
        Ok(kept.get(id).filter(|it| it.ends > now).map(|it| it.text.clone()))
    }

    async fn lease(&self, id: &str, time: Duration) -> Result<Option<String>, StoreError> {
        let (mut kept, now) = (self.kept(), Instant::now());
        let is_free =
            |it: &&mut Kept| it.ends > now && it.leased_until.is_none_or(|end| end <= now);
        Ok(kept.get_mut(id).filter(is_free).map(|it| {
            it.leased_until = Some(now + time);
            it.text.clone()
        }))
    }

    async fn give_back(&self, id: &str, text: &str) -> Result<(), StoreError> {
        if let Some(it) = self.kept().get_mut(id) {
            (it.text, it.leased_until) = (text.to_owned(), None);
        }
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.kept().remove(id).is_some_and(|it| it.ends > Instant::now()))
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// An object-safe [`Store`].
pub(super) trait AnyStore: Send + Sync {
    fn put<'a>(&'a self, id: &'a str, text: &'a str, lifetime: Duration) -> Boxed<'a, ()>;
    fn get<'a>(&'a self, id: &'a str) -> Boxed<'a, Option<String>>;
    fn lease<'a>(&'a self, id: &'a str, time: Duration) -> Boxed<'a, Option<String>>;
    fn give_back<'a>(&'a self, id: &'a str, text: &'a str) -> Boxed<'a, ()>;
    fn remove<'a>(&'a self, id: &'a str) -> Boxed<'a, bool>;
}

impl<S: Store> AnyStore for S {
    fn put<'a>(&'a self, id: &'a str, text: &'a str, lifetime: Duration) -> Boxed<'a, ()> {
        Box::pin(Store::put(self, id, text, lifetime))
    }

    fn get<'a>(&'a self, id: &'a str) -> Boxed<'a, Option<String>> {
        Box::pin(Store::get(self, id))
    }

    fn lease<'a>(&'a self, id: &'a str, time: Duration) -> Boxed<'a, Option<String>> {
        Box::pin(Store::lease(self, id, time))
    }

    fn give_back<'a>(&'a self, id: &'a str, text: &'a str) -> Boxed<'a, ()> {
        Box::pin(Store::give_back(self, id, text))
    }

    fn remove<'a>(&'a self, id: &'a str) -> Boxed<'a, bool> {
        Box::pin(Store::remove(self, id))
    }
}
