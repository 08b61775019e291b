//! What the OpenAPI document says beyond single operations: title, servers, security, tags; and the
//! finishing pass over the generated JSON.

mod components;
mod finish;
mod inputs;
mod links;

use serde_json::{Value, json};

use crate::routes;

/// Tags and what they are about, in the order they are shown.
const TAGS: &[(&str, &str)] = &[
    ("authentication", "Signing in, refreshing and signing out."),
    ("me", "The signed-in user and their sessions."),
    ("customers", "Persons and companies, with their contact points and addresses."),
    ("relationships", "How customers belong together: employers, contact persons, parents, households, referrals."),
    ("timeline", "The history of customers: complete, in order, verifiable."),
    ("checkpoints", "Signed statements about the history, which prove it to anybody."),
    ("interactions", "E-mails, calls, meetings, notes, chats, letters, visits and posts."),
    ("tasks", "What is to be done for customers, by whom and by when."),
    ("tickets", "What customers need our help with: answered and resolved in time, with what was said."),
    ("opportunities", "What customers may buy: how far it has come, how likely it is, and what became of it."),
    ("quotes", "What customers are offered, for how long, and what they made of it."),
    ("task_sets", "Tasks made together from a template, for an onboarding for example."),
    ("task_templates", "What is to be done each time, as a list of steps."),
    ("orders", "What customers have ordered."),
    ("deliveries", "What is sent of orders, and whether it came in time."),
    ("projects", "What is being done for customers over a longer time, and by whom."),
    ("consents", "What customers have agreed to, and what they have withdrawn."),
    ("documents", "What is filed of customers, and the versions of its content."),
    ("campaigns", "With what many customers are approached together."),
    ("campaign_touches", "Whom campaigns reached, and what they said to it."),
    ("invoices", "What customers were charged, credit notes, and what is still owed."),
    ("payments", "What customers have paid, what it was for, and what they got back."),
    ("dunning_notices", "That customers were reminded of invoices, level by level."),
    ("contracts", "What was agreed with customers for a time, and until when notice can be given."),
    ("owned_products", "What customers own, and what became of it."),
    ("feedback", "Ratings, complaints and the answers to surveys."),
    ("loyalty_memberships", "Memberships in loyalty programmes, and their points."),
    ("referrals", "Whom customers have recommended us to, what came of it, and the reward."),
    ("products", "The catalogue of what is sold."),
    ("pipelines", "The ways opportunities go, stage by stage."),
    ("custom_field_definitions", "Fields a business defines itself, for customers and everything there is of them."),
    ("event_types", "Kinds of events that integrators define themselves."),
    ("meta", "What there is: resources, their fields, enumerations, and what their values are called."),
    ("tags", "The vocabulary customers are tagged with."),
    ("users", "Users and their roles."),
    ("security", "Sign-ins, refusals and reads of sensitive data."),
    ("operations", "Health, metrics, keys and this document."),
];

const DESCRIPTION: &str = "Keeps every customer and the complete, chronological, gapless and verifiable history of what \
happened between the business and that customer.\n\nSign in with `POST /v1/auth/login`, then send the access token as \
`Authorization: Bearer …`. Every failure is a problem document (RFC 9457). Lists are paged by opaque cursors. Changes of \
a record need `If-Match` with its ETag. Every POST and PATCH may carry an `Idempotency-Key`. Enumerations in answers may \
grow; treat unknown values as text.";

/// The finished document as JSON.
pub fn document() -> Value {
    let mut document = json!(routes::document());
    document["info"] = json!({
        "title": "Kundenhistorie",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Customers and their gapless, verifiable history",
        "description": DESCRIPTION,
        "contact": { "name": "Kundenhistorie maintainers", "url": "https://kundenhistorie.example/contact", "email": "api@kundenhistorie.example" },
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/", "description": "The production server this document was read from", "x-internal": false }]);
    document["security"] = json!([{ "bearer": [] }]);
    finish::finish(&mut document, TAGS);
    document
}
