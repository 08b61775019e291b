//! The whole API on one page: each line is one operation, of the server and of the document alike.

use actix_web::dev::{HttpServiceFactory, Url};
use actix_web::guard::{GuardContext, fn_guard};
use actix_web::web::{self, ServiceConfig};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::{AppExt, OpenApiFactory, service_config};

use crate::handlers::*;

/// Takes operations: to serve them, or to describe them.
pub trait Operations {
    /// Takes one.
    fn service(&mut self, operation: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self;

    /// Takes those of some families ([`family`]). An address is compared with one after another, by regular expressions:
    /// with those of other families it need not be.
    fn family(&mut self, families: &'static [&'static str], operations: impl FnOnce(&mut Self)) -> &mut Self;
}

/// A server does without the descriptions, which every one of its workers would make and throw away.
impl Operations for ServiceConfig {
    fn service(&mut self, operation: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        Self::service(self, operation)
    }

    fn family(&mut self, families: &'static [&'static str], operations: impl FnOnce(&mut Self)) -> &mut Self {
        let is_meant = move |request: &GuardContext<'_>| {
            let address = &request.head().uri;
            // "%74ags" are tags (RFC 3986, section 6.2.2.2).
            match address.path().contains('%') {
                true => families.contains(&family(Url::new(address.clone()).path())),
                false => families.contains(&family(address.path())),
            }
        };
        Self::service(self, web::scope("").guard(fn_guard(is_meant)).configure(operations))
    }
}

impl Operations for service_config::ServiceConfig<'_> {
    fn service(&mut self, operation: impl HttpServiceFactory + OpenApiFactory + 'static) -> &mut Self {
        Self::service(self, operation)
    }

    fn family(&mut self, _families: &'static [&'static str], operations: impl FnOnce(&mut Self)) -> &mut Self {
        operations(self);
        self
    }
}

/// Every documented operation.
pub fn all(api: &mut impl Operations) {
    api
        // Customers, and what happened: what is asked most comes first
        .family(&["customers", "changes", "summary", "journey", "restoration"], |api| {
            api.service(customers::list)
                .service(customers::create)
                // Before the addresses that begin with an id, one of which this could otherwise be taken for.
                .service(customers::read_by_external_id)
                .service(customers::upsert)
                .service(customers::read)
                .service(customers::changes)
                .service(summary::read)
                .service(journey::read)
                .service(customers::update)
                .service(customers::archive)
                .service(customers::restore);
        })
        .family(&["timeline"], |api| {
            api.service(timeline::list_of_customer)
                .service(timeline::append)
                .service(timeline::list)
                .service(timeline::verify)
                .service(timeline::prove)
                .service(timeline::read)
                .service(timeline::correct);
        })
        .family(&["interactions"], |api| {
            api.service(interactions::list_of_customer)
                .service(interactions::create)
                .service(interactions::upsert)
                .service(interactions::list)
                .service(interactions::read)
                .service(interactions::changes)
                .service(interactions::update)
                .service(interactions::archive)
                .service(interactions::restore);
        })
        // Who is calling
        .family(&["auth", "me", "users", "owners", "security-events"], |api| {
            api.service(auth::login)
                .service(auth::refresh)
                .service(auth::logout)
                .service(auth::reset_password)
                .service(me::read)
                .service(me::change_password)
                .service(sessions::list)
                .service(sessions::revoke)
                .service(owners::list)
                .service(users::list)
                .service(users::create)
                .service(users::read)
                .service(users::changes)
                .service(users::update)
                .service(users::deactivate)
                .service(users::reactivate)
                .service(users::issue_password_reset)
                .service(security_events::list);
        })
        // What customers have
        .family(&["contact-points", "addresses"], |api| {
            api.service(contact_points::list)
                .service(contact_points::create)
                .service(contact_points::read)
                .service(contact_points::update)
                .service(contact_points::delete)
                .service(addresses::list)
                .service(addresses::create)
                .service(addresses::read)
                .service(addresses::update)
                .service(addresses::delete);
        })
        .family(&["relationships", "company-tree", "household"], |api| {
            api.service(relationships::list_of_customer)
                .service(relationships::company_tree)
                .service(relationships::household)
                .service(relationships::list)
                .service(relationships::create)
                .service(relationships::read)
                .service(relationships::changes)
                .service(relationships::update)
                .service(relationships::archive)
                .service(relationships::restore)
                .service(relationships::end);
        })
        // Records
        .family(&["tasks"], |api| {
            api.service(records::of::<tasks::Tasks>())
                .service(records::moved::<tasks::Complete>())
                .service(records::moved::<tasks::Cancel>())
                .service(records::moved::<tasks::Reopen>());
        })
        .family(&["tickets"], |api| {
            api.service(records::of::<tickets::Tickets>())
                .service(records::moved::<tickets::Accept>())
                .service(records::moved::<tickets::Answer>())
                .service(records::moved::<tickets::Wait>())
                .service(records::moved::<tickets::Hold>())
                .service(records::moved::<tickets::Resume>())
                .service(records::moved::<tickets::Escalate>())
                .service(records::moved::<tickets::Resolve>())
                .service(records::moved::<tickets::Close>())
                .service(records::moved::<tickets::Reopen>())
                .service(ticket_comments::list)
                .service(ticket_comments::create)
                .service(ticket_comments::read);
        })
        .family(&["opportunities"], |api| {
            api.service(records::of::<opportunities::Opportunities>())
                .service(records::moved::<opportunities::Advance>())
                .service(records::moved::<opportunities::Win>())
                .service(records::moved::<opportunities::Lose>())
                .service(records::moved::<opportunities::Reopen>());
        })
        .family(&["quotes"], |api| {
            api.service(records::of::<quotes::Quotes>())
                .service(records::moved::<quotes::Send>())
                .service(records::moved::<quotes::Accept>())
                .service(records::moved::<quotes::Decline>())
                .service(records::moved::<quotes::Extend>())
                .service(records::moved::<quotes::Revise>());
        })
        .family(&["task-sets"], |api| {
            api.service(records::of::<task_sets::TaskSets>());
        })
        .family(&["orders"], |api| {
            api.service(records::of::<orders::Orders>())
                .service(records::moved::<orders::Confirm>())
                .service(records::moved::<orders::Fulfil>())
                .service(records::moved::<orders::Cancel>());
        })
        .family(&["deliveries"], |api| {
            api.service(records::of::<deliveries::Deliveries>())
                .service(records::moved::<deliveries::Ship>())
                .service(records::moved::<deliveries::Deliver>())
                .service(records::moved::<deliveries::Return>())
                .service(records::moved::<deliveries::Cancel>());
        })
        .family(&["projects"], |api| {
            api.service(records::of::<projects::Projects>())
                .service(records::moved::<projects::Start>())
                .service(records::moved::<projects::Pause>())
                .service(records::moved::<projects::Resume>())
                .service(records::moved::<projects::Complete>())
                .service(records::moved::<projects::Cancel>())
                .service(records::moved::<projects::Reopen>());
        })
        .family(&["consents"], |api| {
            api.service(records::of::<consents::Consents>())
                .service(records::moved::<consents::Withdraw>())
                .service(records::moved::<consents::Renew>());
        })
        .family(&["documents"], |api| {
            api.service(records::of::<documents::Documents>())
                .service(documents::upload)
                .service(documents::download)
                .service(documents::list_versions)
                .service(documents::download_version);
        })
        .family(&["campaign-touches"], |api| {
            api.service(records::of::<campaign_touches::CampaignTouches>())
                .service(records::moved::<campaign_touches::Open>())
                .service(records::moved::<campaign_touches::Respond>())
                .service(records::moved::<campaign_touches::Bounce>())
                .service(records::moved::<campaign_touches::Unsubscribe>());
        })
        .family(&["invoices"], |api| {
            api.service(records::of::<invoices::Invoices>())
                .service(records::moved::<invoices::Issue>())
                .service(records::moved::<invoices::Cancel>())
                .service(records::moved::<invoices::WriteOff>())
                .service(records::moved::<invoices::Reinstate>());
        })
        .family(&["payments"], |api| {
            api.service(records::of::<payments::Payments>()).service(records::moved::<payments::Reverse>());
        })
        .family(&["dunning-notices"], |api| {
            api.service(records::of::<dunning_notices::DunningNotices>())
                .service(records::moved::<dunning_notices::Withdraw>());
        })
        .family(&["contracts"], |api| {
            api.service(records::of::<contracts::Contracts>())
                .service(records::moved::<contracts::Activate>())
                .service(records::moved::<contracts::Renew>())
                .service(records::moved::<contracts::Cancel>())
                .service(records::moved::<contracts::Reinstate>())
                .service(records::moved::<contracts::End>());
        })
        .family(&["owned-products"], |api| {
            api.service(records::of::<owned_products::OwnedProducts>())
                .service(records::moved::<owned_products::Return>())
                .service(records::moved::<owned_products::Decommission>())
                .service(records::moved::<owned_products::Replace>())
                .service(records::moved::<owned_products::Reactivate>());
        })
        .family(&["feedback"], |api| {
            api.service(records::of::<feedback::Feedback>())
                .service(records::moved::<feedback::Acknowledge>())
                .service(records::moved::<feedback::Resolve>())
                .service(records::moved::<feedback::Reject>());
        })
        .family(&["loyalty-memberships", "loyalty-transactions"], |api| {
            api.service(records::of::<loyalty::LoyaltyMemberships>())
                .service(records::moved::<loyalty::Pause>())
                .service(records::moved::<loyalty::Resume>())
                .service(records::moved::<loyalty::End>())
                .service(loyalty_transactions::list_of_membership)
                .service(loyalty_transactions::create)
                .service(loyalty_transactions::list)
                .service(loyalty_transactions::read);
        })
        .family(&["referrals"], |api| {
            api.service(records::of::<referrals::Referrals>())
                .service(records::moved::<referrals::Register>())
                .service(records::moved::<referrals::Convert>())
                .service(records::moved::<referrals::Reward>())
                .service(records::moved::<referrals::Decline>());
        })
        .family(&["checkpoints"], |api| {
            api.service(checkpoints::list)
                .service(checkpoints::sign)
                // Before the address that ends in a number.
                .service(checkpoints::keys)
                .service(checkpoints::read);
        })
        // Vocabulary
        .family(&["event-types"], |api| {
            api.service(event_types::list)
                .service(event_types::create)
                .service(event_types::read)
                .service(event_types::changes)
                .service(event_types::update)
                .service(event_types::archive)
                .service(event_types::restore);
        })
        .family(&["custom-field-definitions"], |api| {
            api.service(records::of::<custom_fields::CustomFieldDefinitions>());
        })
        .family(&["meta"], |api| {
            api.service(meta::read)
                .service(meta::list_labels)
                .service(meta::read_label)
                .service(meta::rename)
                .service(meta::reset);
        })
        .family(&["tags"], |api| {
            api.service(tags::list)
                .service(tags::create)
                .service(tags::read)
                .service(tags::changes)
                .service(tags::update)
                .service(tags::merge)
                .service(tags::archive)
                .service(tags::restore);
        })
        .family(&["products"], |api| {
            api.service(records::of::<products::Products>())
                .service(records::moved::<products::Discontinue>())
                .service(records::moved::<products::Reactivate>());
        })
        .family(&["campaigns"], |api| {
            api.service(records::of::<campaigns::Campaigns>())
                .service(records::moved::<campaigns::Start>())
                .service(records::moved::<campaigns::Finish>())
                .service(records::moved::<campaigns::Cancel>());
        })
        .family(&["pipelines"], |api| {
            api.service(records::of::<pipelines::Pipelines>());
        })
        .family(&["task-templates"], |api| {
            api.service(records::of::<task_templates::TaskTemplates>());
        })
        // Operations
        .service(auth::jwks)
        .service(operations::live)
        .service(operations::ready)
        .service(operations::metrics)
        .service(operations::document)
        .service(operations::problem);
}

/// What an address is about: the segment behind the version, or behind the customer something belongs to. By whose ids
/// makes no difference.
fn family(path: &str) -> &str {
    let mut segments = path.strip_prefix("/v1/").unwrap_or_default().split('/');
    let first = segments.next().unwrap_or_default();
    let family = match (first, segments.nth(1)) {
        ("customers", Some(part)) => part,
        _ => first,
    };
    family.strip_suffix(records::BY_EXTERNAL_ID).unwrap_or(family)
}

/// The document of these operations, as the routes give it.
pub fn document() -> OpenApi {
    let (_, document) = actix_web::App::new().into_utoipa_app().configure(|api| all(api)).split_for_parts();
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_customer_is_of_its_own_family() {
        for (path, expected) in [
            ("/v1/customers", "customers"),
            ("/v1/customers/7", "customers"),
            ("/v1/customers/7/timeline/9/proof", "timeline"),
            ("/v1/customers-by-external-id/erp/7", "customers"),
            ("/v1/customers/7/tickets-by-external-id/erp/7", "tickets"),
            ("/v1/tickets/7/comments", "tickets"),
            ("/v1/", ""),
            ("/problems/tickets", ""),
            ("/", ""),
            ("", ""),
        ] {
            assert_eq!(family(path), expected, "{path}");
        }
    }
}
