//! The document of the operations every kind of record has.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{ContentBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::OpenApiFactory;

use super::{Addresses, Advance, FilterOf, Records};
use crate::schemas::change::{ChangesQuery, RecordChangePage};
use crate::schemas::query::{ASKED_FOR, CustomerFilter, PastQuery, parameters};
use crate::schemas::record::{Create, Fields, Page, Reply, Update};
use crate::services::records::{Kind, Move};
use crate::web::etag::{IfMatchHeader, IfNoneMatchHeader, OptionalIfMatchHeader};
use crate::web::listing::Paging;
use crate::web::valid::ExternalIdPath;

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
        let made = || answer("201", "The new record", &record);
        let (again, first) = answer("200", "The record that was made under this reference before", &record);
        let upsert = operation::<K>(&format!("upsert_{one}"), &format!("Create or change {with_article} by an external id"))
            .description(Some(
                "Makes the record if none has this external id (201); otherwise changes the one that has it as a merge patch \
                 does (200). Sending the same again changes nothing. The external id of the address need not be repeated in \
                 the body, and must not be contradicted there. An archived record keeps the id and is refused (`archived`) \
                 until restored.",
            ))
            .parameters(Some(parameters::<ExternalIdPath>()))
            .parameters(Some(parameters::<OptionalIfMatchHeader>()))
            .parameters(Some(parameters::<IfNoneMatchHeader>()))
            .request_body(Some(body(&Create::<K::Fields>::name(), "application/json")));
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
        let upsert = with(with(upsert, now()), made());
        let create = with(create, made()).response(again, first);
        let paths = match K::Fields::CATALOGUE {
            true => Paths::builder()
                .path(&at.all, item(HttpMethod::Post, create))
                .path(&at.by_external_id, item(HttpMethod::Put, upsert)),
            false => Paths::builder()
                .path(&at.of_customer, item(HttpMethod::Get, with(of_customer, page())))
                .path(&at.of_customer, item(HttpMethod::Post, create.parameter(customer_id())))
                .path(&at.by_external_id, item(HttpMethod::Put, upsert.parameter(customer_id()))),
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
