//! The operations every kind of record has: one line of `routes.rs` for a whole kind.

mod document;

use std::marker::PhantomData;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::{Resource, guard, web};
use uuid::Uuid;

use crate::domain::permission::Permission;
use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::query::{CustomerFilter, PastQuery};
use crate::schemas::record::{Create, Fields, Filter, Page, Reply, Update};
use crate::services::records::{self, Kind, Move};
use crate::web::can::{Can, Requirement};
use crate::web::etag::{Conditions, IfMatch, OptionalIfMatch};
use crate::web::listing::{CustomListing, Listing, NoParameters, PageReply, Query};
use crate::web::reply::Read;
use crate::web::valid::{CustomerAndExternalId, Path, Valid, ValidPatch, ValidUpsert};

/// What stands behind the name of records in an address that ends with an id of another system.
pub const BY_EXTERNAL_ID: &str = "-by-external-id";

type FilterOf<K, C> = Filter<<K as Kind>::Fields, C>;
type ReplyOf<K> = Reply<<K as Kind>::Fields>;
type PageOfKind<K> = Page<<K as Kind>::Fields>;

/// Requires what it takes to read a kind of record.
struct ReadOf<K>(PhantomData<K>);

impl<K: Kind> Requirement for ReadOf<K> {
    const PERMISSION: Option<Permission> = Some(K::READ);
}

/// Requires what it takes to write a kind of record.
struct WriteOf<K>(PhantomData<K>);

impl<K: Kind> Requirement for WriteOf<K> {
    const PERMISSION: Option<Permission> = Some(K::WRITE);
}

async fn list_of_customer<K: Kind>(
    cx: Can<ReadOf<K>>,
    customer_id: Path<Uuid>,
    listing: CustomListing<FilterOf<K, PastQuery>>,
) -> Result<PageReply<PageOfKind<K>>> {
    let found = records::of_customer::<K>(&cx, customer_id.0, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

async fn create<K: Kind>(
    cx: Can<WriteOf<K>>,
    customer_id: Path<Uuid>,
    _query: Query<NoParameters>,
    input: Valid<Create<K::Fields>>,
) -> Result<Outcome<ReplyOf<K>>> {
    records::create::<K>(&cx, customer_id.0, input.0).await
}

async fn create_in_catalogue<K: Kind>(
    cx: Can<WriteOf<K>>,
    _query: Query<NoParameters>,
    input: Valid<Create<K::Fields>>,
) -> Result<Outcome<ReplyOf<K>>> {
    records::create_in_catalogue::<K>(&cx, input.0).await
}

async fn upsert<K: Kind>(
    cx: Can<WriteOf<K>>,
    path: CustomerAndExternalId,
    _query: Query<NoParameters>,
    conditions: Conditions,
    document: ValidUpsert<Create<K::Fields>>,
) -> Result<Outcome<ReplyOf<K>>> {
    records::upsert::<K>(&cx, Some(path.0.0), &document.0, &conditions.0).await
}

async fn upsert_in_catalogue<K: Kind>(
    cx: Can<WriteOf<K>>,
    _query: Query<NoParameters>,
    conditions: Conditions,
    document: ValidUpsert<Create<K::Fields>>,
) -> Result<Outcome<ReplyOf<K>>> {
    records::upsert::<K>(&cx, None, &document.0, &conditions.0).await
}

async fn list<K: Kind>(
    cx: Can<ReadOf<K>>,
    listing: CustomListing<FilterOf<K, CustomerFilter>>,
) -> Result<PageReply<PageOfKind<K>>> {
    let found = records::of_all::<K>(&cx, &listing.filter, &listing.custom, &listing.page).await?;
    listing.reply(found)
}

async fn read<K: Kind>(cx: Can<ReadOf<K>>, id: Path<Uuid>, query: Query<PastQuery>) -> Result<Read<ReplyOf<K>>> {
    let record = records::read::<K>(&cx, id.0, query.0.past()?).await?;
    let etag = record.etag();
    Ok(Read::tagged(record, etag))
}

async fn changes<K: Kind>(
    cx: Can<ReadOf<K>>,
    id: Path<Uuid>,
    listing: Listing<ChangesQuery>,
) -> Result<PageReply<RecordChangePage>> {
    let found = records::changes::<K>(&cx, id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

async fn update<K: Kind>(
    cx: Can<WriteOf<K>>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
    patch: ValidPatch<Update<K::Fields>>,
) -> Result<Outcome<ReplyOf<K>>> {
    records::update::<K>(&cx, id.0, expected.0, patch.0).await
}

async fn archive<K: Kind>(
    cx: Can<WriteOf<K>>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    records::archive::<K>(&cx, id.0, expected.0).await
}

async fn restore<K: Kind>(
    cx: Can<WriteOf<K>>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
) -> Result<Outcome<ReplyOf<K>>> {
    records::restore::<K>(&cx, id.0).await
}

async fn advance<M: Move>(
    cx: Can<WriteOf<M::Kind>>,
    id: Path<Uuid>,
    _query: Query<NoParameters>,
    expected: OptionalIfMatch,
    input: Valid<M::Input>,
) -> Result<Outcome<ReplyOf<M::Kind>>> {
    records::advance::<M>(&cx, id.0, expected.0, input.0).await
}

/// All operations of a kind of record, apart from its moves.
pub struct Records<K>(PhantomData<fn() -> K>);

/// The operations of a kind.
pub fn of<K: Kind>() -> Records<K> {
    Records(PhantomData)
}

/// The operation of a move.
pub struct Advance<M>(PhantomData<fn() -> M>);

/// A move of a kind of record.
pub fn moved<M: Move>() -> Advance<M> {
    Advance(PhantomData)
}

/// The addresses of a kind.
struct Addresses {
    of_customer: String,
    all: String,
    by_external_id: String,
    one: String,
    restoration: String,
    changes: String,
}

impl Addresses {
    fn of<K: Kind>() -> Self {
        let segment = K::words().segment();
        let one = format!("/v1/{segment}/{{{}_id}}", K::words().one);
        let (all, of_customer) = (format!("/v1/{segment}"), format!("/v1/customers/{{customer_id}}/{segment}"));
        let made = if K::Fields::CATALOGUE { &all } else { &of_customer };
        Self {
            by_external_id: format!("{made}{BY_EXTERNAL_ID}/{{system}}/{{external_id}}"),
            of_customer,
            all,
            restoration: format!("{one}/restoration"),
            changes: format!("{one}/changes"),
            one,
        }
    }
}

/// An address, for some methods of it. The others may be served elsewhere.
fn on<const N: usize>(address: &str, methods: [Method; N]) -> Resource {
    web::resource(address).guard(guard::fn_guard(move |request| methods.contains(&request.head().method)))
}

impl<K: Kind> HttpServiceFactory for Records<K> {
    fn register(self, config: &mut AppService) {
        let at = Addresses::of::<K>();
        if K::Fields::CATALOGUE {
            let all = on(&at.all, [Method::GET, Method::POST]);
            all.route(web::get().to(list::<K>)).route(web::post().to(create_in_catalogue::<K>)).register(config);
            on(&at.by_external_id, [Method::PUT]).to(upsert_in_catalogue::<K>).register(config);
        } else {
            let of_customer = on(&at.of_customer, [Method::GET, Method::POST]);
            let of_customer = of_customer.route(web::get().to(list_of_customer::<K>));
            of_customer.route(web::post().to(create::<K>)).register(config);
            on(&at.all, [Method::GET]).to(list::<K>).register(config);
            on(&at.by_external_id, [Method::PUT]).to(upsert::<K>).register(config);
        }
        on(&at.one, [Method::GET, Method::PATCH, Method::DELETE])
            .route(web::get().to(read::<K>))
            .route(web::patch().to(update::<K>))
            .route(web::delete().to(archive::<K>))
            .register(config);
        on(&at.restoration, [Method::POST]).to(restore::<K>).register(config);
        on(&at.changes, [Method::GET]).to(changes::<K>).register(config);
    }
}

impl<M: Move> HttpServiceFactory for Advance<M> {
    fn register(self, config: &mut AppService) {
        on(&self.address(), [Method::POST]).to(advance::<M>).register(config);
    }
}

impl<M: Move> Advance<M> {
    fn address(&self) -> String {
        format!("{}/{}", Addresses::of::<M::Kind>().one, M::FACTS.segment)
    }
}
