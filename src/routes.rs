//! The whole API on one page: each line is one operation, of the server and of the document alike.

use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::handlers::*;

/// Every documented operation.
pub fn all(api: &mut ServiceConfig<'_>) {
    api
        // Who is calling
        .service(auth::login)
        .service(auth::refresh)
        .service(auth::logout)
        .service(auth::reset_password)
        .service(auth::jwks)
        .service(me::read)
        .service(me::change_password)
        .service(sessions::list)
        .service(sessions::revoke)
        .service(owners::list)
        .service(users::list)
        .service(users::create)
        .service(users::read)
        .service(users::update)
        .service(users::deactivate)
        .service(users::reactivate)
        .service(users::issue_password_reset)
        .service(security_events::list)
        // Customers
        .service(customers::list)
        .service(customers::create)
        // Before the addresses that begin with an id, one of which this could otherwise be taken for.
        .service(customers::read_by_external_id)
        .service(customers::upsert)
        .service(customers::read)
        .service(customers::update)
        .service(customers::archive)
        .service(customers::restore)
        .service(contact_points::list)
        .service(contact_points::create)
        .service(contact_points::read)
        .service(contact_points::update)
        .service(contact_points::delete)
        .service(addresses::list)
        .service(addresses::create)
        .service(addresses::read)
        .service(addresses::update)
        .service(addresses::delete)
        .service(relationships::list_of_customer)
        .service(relationships::company_tree)
        .service(relationships::household)
        .service(relationships::list)
        .service(relationships::create)
        .service(relationships::read)
        .service(relationships::update)
        .service(relationships::archive)
        .service(relationships::restore)
        .service(relationships::end)
        // What happened
        .service(interactions::list_of_customer)
        .service(interactions::create)
        .service(interactions::list)
        .service(interactions::read)
        .service(interactions::update)
        .service(interactions::archive)
        .service(interactions::restore)
        .service(records::of::<tasks::Tasks>())
        .service(records::moved::<tasks::Complete>())
        .service(records::moved::<tasks::Cancel>())
        .service(records::moved::<tasks::Reopen>())
        .service(records::of::<orders::Orders>())
        .service(records::moved::<orders::Confirm>())
        .service(records::moved::<orders::Fulfil>())
        .service(records::moved::<orders::Cancel>())
        .service(records::of::<projects::Projects>())
        .service(records::moved::<projects::Start>())
        .service(records::moved::<projects::Pause>())
        .service(records::moved::<projects::Resume>())
        .service(records::moved::<projects::Complete>())
        .service(records::moved::<projects::Cancel>())
        .service(records::moved::<projects::Reopen>())
        .service(records::of::<consents::Consents>())
        .service(records::moved::<consents::Withdraw>())
        .service(records::moved::<consents::Renew>())
        .service(timeline::list_of_customer)
        .service(timeline::append)
        .service(timeline::list)
        .service(timeline::verify)
        .service(timeline::read)
        .service(timeline::correct)
        // Vocabulary
        .service(event_types::list)
        .service(event_types::create)
        .service(event_types::read)
        .service(event_types::update)
        .service(event_types::archive)
        .service(event_types::restore)
        .service(tags::list)
        .service(tags::create)
        .service(tags::read)
        .service(tags::update)
        .service(tags::merge)
        .service(tags::archive)
        .service(tags::restore)
        .service(records::of::<products::Products>())
        .service(records::moved::<products::Discontinue>())
        .service(records::moved::<products::Reactivate>())
        // Operations
        .service(operations::live)
        .service(operations::ready)
        .service(operations::metrics)
        .service(operations::document)
        .service(operations::problem);
}

/// The document of these operations, as the routes give it.
pub fn document() -> OpenApi {
    let (_, document) = actix_web::App::new().into_utoipa_app().configure(all).split_for_parts();
    document
}
