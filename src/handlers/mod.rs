//! HTTP only: extract, call one service function, answer.

pub mod addresses;
pub mod auth;
pub mod checkpoints;
pub mod contact_points;
pub mod customers;
pub mod documents;
pub mod event_types;
pub mod interactions;
pub mod loyalty_transactions;
pub mod me;
pub mod meta;
pub mod operations;
pub mod owners;
pub mod records;
pub mod relationships;
pub mod security_events;
pub mod sessions;
pub mod summary;
pub mod tags;
pub mod ticket_comments;
pub mod timeline;
pub mod users;

// Kinds of records have no handlers of their own.
pub use crate::services::{
    campaign_touches, campaigns, consents, deliveries, opportunities, orders, pipelines, products, projects, quotes,
    tasks, tickets,
    campaign_touches, campaigns, consents, invoices, orders, products, projects, tasks, tickets,
    campaign_touches, campaigns, consents, invoices, orders, payments, products, projects, tasks, tickets,
    campaign_touches, campaigns, consents, dunning_notices, invoices, orders, payments, products, projects, tasks,
    tickets,
    campaign_touches, campaigns, consents, contracts, dunning_notices, invoices, orders, payments, products, projects,
    tasks, tickets,
    campaign_touches, campaigns, consents, contracts, dunning_notices, invoices, orders, owned_products, payments,
    products, projects, tasks, tickets,
};
pub use crate::services::{campaign_touches, campaigns, consents, feedback, orders, products, projects, tasks, tickets};
pub use crate::services::{campaign_touches, campaigns, consents, feedback, loyalty, orders, products, projects, tasks, tickets};
    campaign_touches, campaigns, consents, feedback, loyalty, orders, products, projects, referrals, tasks, tickets,
    campaign_touches, campaigns, consents, orders, products, projects, task_sets, task_templates, tasks, tickets,
};
pub use crate::services::{campaign_touches, campaigns, consents, orders, products, projects, tasks, tickets};
pub use crate::services::{campaign_touches, campaigns, consents, custom_fields, orders, products, projects, tasks};
    campaign_touches, campaigns, consents, custom_fields, orders, products, projects, tasks, tickets,
};
