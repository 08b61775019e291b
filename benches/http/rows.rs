//! Rows as the service would have written them, made straight from the [`Plan`]; their chains verify.

use std::collections::BTreeSet;

use kundenhistorie::domain::actor::ActorReference;
use kundenhistorie::domain::event_kind::Category;
use kundenhistorie::domain::folding::{Umlauts, fold};
use kundenhistorie::domain::instant::Instant;
use kundenhistorie::domain::{search, sort_key};
use kundenhistorie::entities::{customer, timeline_event, user};
use kundenhistorie::history::chain::{self, Hash};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use serde_json::json;
use uuid::Uuid;

use super::plan::{Plan, signed};
use super::words::{CITIES, FAMILY, FORMS, GIVEN, SENTENCES, SUBJECTS, TRADES};

/// Address and password of the user the load comes from.
pub const EMAIL: &str = "last@example.org";
/// See [`EMAIL`].
pub const PASSWORD: &str = "hundert-schnelle-wiesel-rennen";

/// A customer with everything that finds them.
pub struct MadeCustomer {
    /// The row.
    pub row: customer::Model,
    /// Search words.
    pub words: BTreeSet<String>,
    /// Country, postal code, folded city.
    pub place: (String, String, String),
}

/// What somebody types to find this customer: the beginnings of two words.
pub fn query(number: usize) -> String {
    let person = Identity::of(number);
    let given: String = person.given.chars().take(3).collect();
    format!("{} {given}", person.family)
}

/// Who a customer is.
struct Identity {
    family: &'static str,
    given: &'static str,
    city: (&'static str, &'static str, &'static str),
    company: Option<String>,
    random: StdRng,
}

impl Identity {
    fn of(number: usize) -> Self {
        let mut random = StdRng::seed_from_u64(u64::try_from(number).unwrap_or_default());
        let family = FAMILY[random.random_range(0..FAMILY.len())];
        let given = GIVEN[random.random_range(0..GIVEN.len())];
        let city = CITIES[random.random_range(0..CITIES.len())];
        let company = random.random_bool(0.3).then(|| {
            let trade = TRADES[random.random_range(0..TRADES.len())];
            format!("{given} {family} {trade} {}", FORMS[random.random_range(0..FORMS.len())])
        });
        Self { family, given, city, company, random }
    }
}

/// The customer of this number, with the sequence of their last event.
pub fn customer(plan: &Plan, number: usize) -> MadeCustomer {
    let Identity { family, given, city: (city, postal_code, dialling_code), company, mut random } =
        Identity::of(number);
    let mut id = || Uuid::from_u64_pair(random.next_u64(), random.next_u64());
    let customer_number = format!("K-{:06}", number + 1);
    let email = format!("{}.{}@example.org", fold(given, Umlauts::Spelled), customer_number.to_lowercase());
    let local = format!("{:07}", 1_000_000 + number % 9_000_000);
    let e164 = format!("+49{}{local}", dialling_code.trim_start_matches('0'));
    let contact_points = json!([
        {"id": id(), "type": "email", "label": null, "value": email, "normalized": email, "primary": true,
         "verified_at": null, "status": "active"},
        {"id": id(), "type": "phone", "label": "Zentrale", "value": format!("{dialling_code} {local}"), "normalized": e164,
         "primary": true, "verified_at": null, "status": "active"},
    ]);
    let addresses = json!([{
        "id": id(), "type": if company.is_some() { "business" } else { "private" },
        "lines": [format!("Deichstraße {}", number % 200 + 1)], "postal_code": postal_code, "city": city, "region": null,
        "country": "DE", "geo": null, "primary": true, "valid_from": null, "valid_to": null,
    }]);
    let person = json!({
        "salutation": "ms", "academic_title": null, "given_name": given, "family_name": family, "name_suffix": null,
        "birth_date": "1984-02-29", "gender": null, "nationality": "DE", "marital_status": null, "occupation": "Architektin",
        "job_title": null, "employer": null, "industry": null, "household_size": null, "household_members": [],
        "socio_professional_category": null, "interests": [{"kind": "hobby", "name": "Segeln"}],
    });
    let display_name = company.clone().unwrap_or_else(|| format!("{given} {family}"));
    let sort_key = match &company {
        Some(name) => sort_key::sort_key(name),
        None => sort_key::person_sort_key(family, given),
    };
    let mut words: BTreeSet<String> =
        [&display_name, &customer_number, city].iter().flat_map(|it| search::words(it)).collect();
    words.extend(search::words(&email));
    words.extend(search::phone_words(&e164));
    let since = plan.customer_since(number);
    let row = customer::Model {
        id: plan.customer_id(number),
        customer_number,
        kind: if company.is_some() { "company" } else { "person" }.to_owned(),
        display_name,
        chosen_name: None,
        sort_key,
        lifecycle_stage: "customer".to_owned(),
        category: Some(["A", "B", "C"][number % 3].to_owned()),
        relationship_type: None,
        tier: None,
        owner_id: None,
        team_id: None,
        acquisition_channel: Some("trade_fair".to_owned()),
        referred_by: None,
        language: Some("de".to_owned()),
        customer_since: Some(since.day()),
        first_contact_at: Some(since),
        last_interaction_at: Some(plan.occurred_at(plan.events)),
        restricted: false,
        person: company.is_none().then(|| person.to_string()),
        company: company.map(|name| company_fields(&name)),
        contact_points: contact_points.to_string(),
        addresses: addresses.to_string(),
        external_ids: "[]".to_owned(),
        tags: r#"["neubau"]"#.to_owned(),
        communication_preferences: None,
        preferences: r#"["Liefertermine per E-Mail"]"#.to_owned(),
        needs: "[]".to_owned(),
        purchase_criteria: "[]".to_owned(),
        custom_fields: "{}".to_owned(),
        data_quality: r#"{"completeness":0.91,"missing":["owner_id"],"stale":[]}"#.to_owned(),
        version: 1,
        derived_version: 0,
        created_at: since,
        created_by: actor(),
        updated_at: since,
        updated_by: actor(),
        archived_at: None,
    };
    let place = ("DE".to_owned(), postal_code.to_owned(), fold(city, Umlauts::Spelled));
    MadeCustomer { row, words, place }
}

fn company_fields(name: &str) -> String {
    json!({
        "legal_name": name, "trade_name": null, "legal_form": null,
        "industry": {"code": "43.32", "scheme": "WZ2008", "name": "Bautischlerei"}, "field_of_activity": "Innenausbau",
        "annual_revenue": null, "employee_count": 38, "market_share": null, "financial_figures": [], "credit_rating": null,
        "vat_id": null, "registration": null, "competitors": [],
    })
    .to_string()
}

/// The service itself, as the columns `created_by` and `updated_by` hold it.
pub fn actor() -> String {
    serde_json::to_string(&ActorReference::system()).unwrap_or_default()
}

/// The user the load comes from.
pub fn administrator(password_hash: String) -> user::Model {
    let since = Instant::from_micros(1_600_000_000_000_000);
    user::Model {
        id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
        email: EMAIL.to_owned(),
        display_name: "Lasttest".to_owned(),
        sort_key: sort_key::sort_key("Lasttest"),
        role: "admin".to_owned(),
        visibility: "all".to_owned(),
        language: "de".to_owned(),
        password_hash: Some(password_hash),
        password_changed_at: Some(since),
        disabled_at: None,
        last_login_at: None,
        rights_changed_at: since,
        version: 1,
        created_at: since,
        created_by: actor(),
        updated_at: since,
        updated_by: actor(),
    }
}

/// Makes events from a handful of patterns: what is folded and serialised is so once only.
pub struct Events {
    patterns: Vec<timeline_event::Model>,
    random: StdRng,
}

impl Events {
    /// With all patterns ready.
    pub fn new() -> Self {
        let mut patterns = Vec::new();
        for (index, subject) in SUBJECTS.iter().enumerate() {
            for (number, sentence) in SENTENCES.iter().enumerate() {
                patterns.push(pattern(index + number, subject, sentence));
            }
        }
        Self { patterns, random: StdRng::seed_from_u64(11) }
    }

    /// The event at a place of the log, behind the one with this hash, which becomes its own.
    pub fn at(
        &mut self,
        plan: &Plan,
        place: usize,
        owner: usize,
        sequence: usize,
        hash: &mut Hash,
    ) -> serde_json::Result<timeline_event::Model> {
        let pattern = &self.patterns[self.random.random_range(0..self.patterns.len())];
        let mut event = pattern.clone();
        event.root_id = plan.customer_id(owner);
        event.occurred_at = plan.occurred_at(place);
        event.recorded_at = event.occurred_at.plus_seconds(60);
        event.sequence = signed(sequence);
        event.position = signed(place + 1);
        event.id = plan.event_id(place);
        event.subject_id = Uuid::from_u64_pair(self.random.next_u64(), self.random.next_u64());
        self.random.fill_bytes(&mut event.salt);
        event.content_digest = chain::content_digest(&event)?.to_vec();
        event.previous_hash = hash.to_vec();
        *hash = chain::event_hash(&event);
        event.hash = hash.to_vec();
        Ok(event)
    }
}

fn pattern(number: usize, subject: &str, sentence: &str) -> timeline_event::Model {
    let (kind, channel, de, en) = [
        ("call.logged", "phone", "Anruf", "Call"),
        ("email.logged", "email", "E-Mail", "E-mail"),
        ("meeting.logged", "on_site", "Besprechung", "Meeting"),
        ("note.logged", "internal", "Notiz", "Note"),
    ][number % 4];
    let payload = json!({
        "duration_seconds": 360, "initiative": null, "outcome": "resolved",
        "participants": [{"customer_id": null, "email": null, "name": "Änne Öztürk", "phone": "+491711234567", "role": "caller", "user_id": null}],
        "thread_id": null, "version": 1,
    });
    let actor = ActorReference::system();
    let mut event = timeline_event::Model {
        root_id: Uuid::nil(),
        occurred_at: Instant::from_micros(0),
        sequence: 0,
        id: Uuid::nil(),
        position: 0,
        root_type: "customer".to_owned(),
        kind: kind.to_owned(),
        category: Category::Communication.as_str().to_owned(),
        recorded_at: Instant::from_micros(0),
        actor_type: actor.kind.as_str().to_owned(),
        actor_id: actor.id,
        actor_name: actor.display_name,
        source_system: "api".to_owned(),
        source_reference: None,
        request_id: Some("0198c5a5-0000-7000-8000-000000000000".to_owned()),
        direction: Some("inbound".to_owned()),
        channel: Some(channel.to_owned()),
        title_en: format!("Inbound {en}: {subject}"),
        title_de: format!("{de} eingehend: {subject}"),
        summary: Some(sentence.to_owned()),
        amount: None,
        currency: None,
        payload: payload.to_string(),
        subject_type: "interaction".to_owned(),
        subject_id: Uuid::nil(),
        supersedes: None,
        state: None,
        search_text: String::new(),
        salt: vec![0; 32],
        content_digest: vec![0; 32],
        previous_hash: vec![0; 32],
        hash: vec![0; 32],
    };
    event.search_text = chain::search_text(&event);
    event
}
