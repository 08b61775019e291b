//! Pages of lists.

use crate::entities::keyset::{Mark, Rows};

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Entries on the page.
    pub limit: u64,
    /// Where it starts; the beginning of the list without.
    pub mark: Option<Mark>,
    /// Whether all entries of the list are to be counted.
    pub count: bool,
}

impl PageRequest {
    /// The first entries of a list, uncounted.
    pub fn first(limit: u64) -> Self {
        Self { limit, mark: None, count: false }
    }
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The entries in order.
    pub items: Vec<T>,
    /// Where the next page starts.
    pub next: Option<Mark>,
    /// Where the previous page ends.
    pub previous: Option<Mark>,
    /// All entries of the list, if they were counted.
    pub total: Option<u64>,
}

impl<T> Found<T> {
    /// A page of rows as a page of what callers read.
    pub fn from_rows<M>(rows: Rows<M>, total: Option<u64>, item: impl FnMut(M) -> T) -> Self {
        Self { items: rows.rows.into_iter().map(item).collect(), next: rows.next, previous: rows.previous, total }
    }
}

/// A wire type that is a page of items.
pub trait PageOf {
    /// What is on the page.
    type Item;

    /// The page.
    fn page(items: Vec<Self::Item>, next: Option<String>, previous: Option<String>, total: Option<u64>) -> Self;
}

/// Declares the page type of a resource. One named type each, because generated documents and clients
/// need a name for it.
#[macro_export]
macro_rules! page_of {
    ($(#[$doc:meta])* $page:ident of $item:ty) => {
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $page {
            /// The entries in the asked order.
            #[schema(max_items = 200)]
            pub items: Vec<$item>,
            /// Leads to the next page; null on the last one.
            #[schema(required = true, max_length = 4096, pattern = "^[A-Za-z0-9_-]+$")]
            pub next_cursor: Option<String>,
            /// Leads to the previous page; null on the first one.
            #[schema(required = true, max_length = 4096, pattern = "^[A-Za-z0-9_-]+$")]
            pub prev_cursor: Option<String>,
            /// All entries of the list; null unless asked for with `count=exact`.
            #[schema(required = true, minimum = 0, maximum = 9007199254740991i64, format = "int64")]
            pub total: Option<u64>,
        }

        impl $crate::schemas::page::PageOf for $page {
            type Item = $item;

            fn page(
                items: Vec<$item>,
                next_cursor: Option<String>,
                prev_cursor: Option<String>,
                total: Option<u64>,
            ) -> Self {
                Self { items, next_cursor, prev_cursor, total }
            }
        }
    };
}
