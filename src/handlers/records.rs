//! The operations every kind of record has, and the document of them: one line of `routes.rs` for a whole kind.

use std::marker::PhantomData;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::{Resource, guard, web};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::OpenApiFactory;
use uuid::Uuid;

use crate::domain::permission::Permission;
use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::query::{ASKED_FOR, CustomerFilter, PastQuery, parameters};
use crate::schemas::record::{Create, Fields, Filter, Page, Reply, Update};
use crate::services::records::{self, Kind, Move};
use crate::web::can::{Can, Requirement};
use crate::web::etag::{IfMatch, IfMatchHeader, OptionalIfMatch, OptionalIfMatchHeader};
use crate::web::listing::{CustomListing, Listing, NoParameters, PageReply, Paging, Query};
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid, ValidPatch};

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
    one: String,
    restoration: String,
    changes: String,
}

impl Addresses {
    fn of<K: Kind>() -> Self {
        let segment = K::words().segment();
        let one = format!("/v1/{segment}/{{{}_id}}", K::words().one);
        Self {
            of_customer: format!("/v1/customers/{{customer_id}}/{segment}"),
            all: format!("/v1/{segment}"),
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
        } else {
            let of_customer = on(&at.of_customer, [Method::GET, Method::POST]);
            let of_customer = of_customer.route(web::get().to(list_of_customer::<K>));
            of_customer.route(web::post().to(create::<K>)).register(config);
            on(&at.all, [Method::GET]).to(list::<K>).register(config);
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

type Schemas = Vec<(String, RefOr<Schema>)>;

impl<K: Kind> OpenApiFactory for Records<K> {
    fn paths(&self) -> Paths {
        let at = Addresses::of::<K>();
        let (words, record) = (K::words(), Reply::<K::Fields>::name());
        let (one, with_article, plural) = (words.one, words.with_article(), words.plural());
        let page = || answer("200", &format!("A page of {plural}"), &Page::<K::Fields>::name());
        let now = || answer("200", "The record as it is now", &record);
        let of_customer =
            operation::<K>(&format!("list_customer_{}", words.many), &format!("List a customer's {plural}"))
                .description(Some(listed::<K>("Those that are not archived, unless they are asked for.")))
                .parameters(Some([customer_id()]))
                .parameters(Some(query::<FilterOf<K, PastQuery>>()));
        let begun = if K::Fields::CATALOGUE {
            "It begins a history of its own."
        } else {
            "It appears on the customer's timeline."
        };
        let create = operation::<K>(&format!("create_{one}"), &format!("Create {with_article}"))
            .description(Some(format!(
                "{begun} The same `source.reference` of the same system again answers 200 with the record that was made \
                 first.",
            )))
            .request_body(Some(body(&Create::<K::Fields>::name(), "application/json")));
        let (status, made) = answer("201", "The new record", &record);
        let (again, first) = answer("200", "The record that was made under this reference before", &record);
        let about = match K::Fields::CATALOGUE {
            true => "Those that are not archived, unless they are asked for.",
            false => "Those of every customer the caller may see.",
        };
        let list = operation::<K>(&format!("list_{}", words.many), &format!("List {plural}"))
            .description(Some(listed::<K>(about)))
            .parameters(Some(query::<FilterOf<K, CustomerFilter>>()));
        let read = operation::<K>(&format!("get_{one}"), &format!("Read {with_article}"))
            .description(Some("Archived ones are found as well."))
            .parameters(Some(parameters::<PastQuery>()));
        let update = operation::<K>(&format!("update_{one}"), &format!("Change {with_article}"))
            .description(Some("A merge patch. The event in its history names the fields that changed."))
            .request_body(Some(body(&Update::<K::Fields>::name(), "application/merge-patch+json")));
        let archive = operation::<K>(&format!("archive_{one}"), &format!("Archive {with_article}"))
            .description(Some("Hidden from lists and restorable; its history stays."))
            .response("204", ResponseBuilder::new().description("Archived"));
        let restore = operation::<K>(&format!("restore_{one}"), &format!("Restore {with_article}"))
            .description(Some("It is shown in lists again."));
        let changes = operation::<K>(&format!("list_{one}_changes"), &format!("List the changes of {with_article}"))
            .description(Some(
                "Which fields changed, from what to what, when, by whom and from where; the newest first.",
            ))
            .parameters(Some(query::<ChangesQuery>()));
        let changed = answer("200", "A page of changes", &RecordChangePage::name());
        let with = |operation: OperationBuilder, (status, response): (String, ResponseBuilder)| {
            operation.response(status, response)
        };
        let id = || record_id::<K>();
        let create = create.response(status, made).response(again, first);
        let paths = match K::Fields::CATALOGUE {
            true => Paths::builder().path(&at.all, item(HttpMethod::Post, create)),
            false => Paths::builder()
                .path(&at.of_customer, item(HttpMethod::Get, with(of_customer, page())))
                .path(&at.of_customer, item(HttpMethod::Post, create.parameter(customer_id()))),
        };
        paths
            .path(&at.all, item(HttpMethod::Get, with(list, page())))
            .path(&at.one, item(HttpMethod::Get, with(read.parameter(id()), now())))
            .path(&at.one, item(HttpMethod::Patch, with(conditional(update.parameter(id())), now())))
            .path(&at.one, item(HttpMethod::Delete, conditional(archive.parameter(id()))))
            .path(&at.restoration, item(HttpMethod::Post, with(restore.parameter(id()), now())))
            .path(&at.changes, item(HttpMethod::Get, with(changes.parameter(id()), changed)))
            .build()
    }

    fn schemas(&self, schemas: &mut Schemas) {
        collect::<Create<K::Fields>>(schemas);
        collect::<Update<K::Fields>>(schemas);
        collect::<Page<K::Fields>>(schemas);
        collect::<RecordChangePage>(schemas);
    }
}

impl<M: Move> OpenApiFactory for Advance<M> {
    fn paths(&self) -> Paths {
        let (words, facts) = (M::Kind::words(), M::FACTS);
        let mut verb = facts.verb.chars();
        let summary = verb.next().map(|first| first.to_uppercase().chain(verb).collect::<String>()).unwrap_or_default();
        let summary = format!("{summary} {}", words.with_article());
        let (status, response) = answer("200", "The record as it is now", &Reply::<<M::Kind as Kind>::Fields>::name());
        let advance = operation::<M::Kind>(&format!("{}_{}", facts.verb, words.one), &summary)
            .description(Some(facts.summary))
            .parameter(record_id::<M::Kind>())
            .parameters(Some(parameters::<OptionalIfMatchHeader>()))
            .request_body(Some(body(&M::Input::name(), "application/json")))
            .response(status, response);
        Paths::builder().path(self.address(), item(HttpMethod::Post, advance)).build()
    }

    fn schemas(&self, schemas: &mut Schemas) {
        collect::<M::Input>(schemas);
    }
}

fn collect<T: ToSchema>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

fn operation<K: Kind>(id: &str, summary: &str) -> OperationBuilder {
    OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).tag(K::words().many)
}

fn item(method: HttpMethod, operation: OperationBuilder) -> PathItem {
    PathItem::new(method, operation)
}

/// What a list shows, and what else it can be asked for.
fn listed<K: Kind>(about: &str) -> String {
    match K::Fields::CUSTOMIZED {
        true => format!("{about} {ASKED_FOR}"),
        false => about.to_owned(),
    }
}

fn query<Q: IntoParams>() -> Vec<Parameter> {
    let mut all = parameters::<Q>();
    all.extend(parameters::<Paging>());
    all
}

fn conditional(operation: OperationBuilder) -> OperationBuilder {
    operation.parameters(Some(parameters::<IfMatchHeader>()))
}

fn answer(status: &str, description: &str, schema: &str) -> (String, ResponseBuilder) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    (status.to_owned(), ResponseBuilder::new().description(description).content("application/json", content))
}

fn body(schema: &str, media_type: &str) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    RequestBodyBuilder::new().content(media_type, content).build()
}

fn customer_id() -> Parameter {
    id_in_path("customer_id", "The customer")
}

fn record_id<K: Kind>() -> Parameter {
    id_in_path(&format!("{}_id", K::words().one), &format!("The {}", K::words().one.replace('_', " ")))
}

fn id_in_path(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(utoipa::schema!(
            #[inline]
            Uuid
        )))
        .build()
}
