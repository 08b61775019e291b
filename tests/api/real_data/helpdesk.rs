//! The helpdesk of a software company: each case is a ticket, each activity a step of it or a note on it.
//!
//! The file calls activities by numbers. What changes the state of a ticket is told as the move that does so, after those
//! that must have come before; everything else as an internal comment. `docs/integrators.md` has the table. Days and
//! months of some times are exchanged in the file, so that cases are closed before they are taken in charge: they are told
//! in the order of their times all the same.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::{all, count, in_parallel, instant, is_whole, text, twice, upsert};
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::chains::holds_together;
use crate::support::client::Client;
use crate::support::data;

/// The name of this system in references.
const SYSTEM: &str = "helpdesk";

/// A case: when what was done, in the order of time.
struct Case {
    id: String,
    activities: Vec<Activity>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Activity {
    number: String,
    at: String,
}

/// Every n-th case.
fn cases(folder: &Path, every: usize) -> Vec<Case> {
    let rows = data::separated(&data::text(&folder.join("helpdesk.csv")), ';');
    let activity = |row: &data::Row| Activity { number: row["activity"].clone(), at: instant(&row["timestamp"]) };
    let cases = data::grouped(rows, "case_id").into_iter().step_by(every);
    cases.map(|(id, rows)| Case { id, activities: rows.iter().map(activity).collect() }).collect()
}

const ACCEPTED: (&str, &str) = ("acceptance", "open");
const RESUMED: (&str, &str) = ("resumption", "open");
const REOPENED: (&str, &str) = ("reopening", "open");
const WAITING: (&str, &str) = ("waiting", "pending");
const RESOLVED: (&str, &str) = ("resolution", "resolved");
const CLOSED: (&str, &str) = ("closure", "closed");

/// The moves that tell an activity, and the states they lead to. None where the state stays what it is.
fn moves(activity: &str, status: &str) -> &'static [(&'static str, &'static str)] {
    match (activity, status) {
        // Taken in charge.
        ("1", "new") => &[ACCEPTED],
        ("1", "pending") => &[RESUMED],
        ("1", "resolved" | "closed") => &[REOPENED],
        // Resolved.
        ("2", "new" | "open" | "pending") => &[RESOLVED],
        // Closed.
        ("3", "new" | "open" | "pending") => &[RESOLVED, CLOSED],
        ("3", "resolved") => &[CLOSED],
        // Waits.
        ("5", "new") => &[ACCEPTED, WAITING],
        ("5", "open") => &[WAITING],
        ("5", "resolved" | "closed") => &[REOPENED, WAITING],
        _ => &[],
    }
}

/// What is sent with a move: the one that tells an activity says which, one before it that it follows from that.
fn body(segment: &str, Activity { number, at }: &Activity, is_last: bool) -> Value {
    let told = if is_last { format!("Activity {number}") } else { format!("Follows from activity {number}") };
    let member = match segment {
        "resolution" => "resolution",
        "reopening" => "reason",
        _ => "note",
    };
    json!({ member: told, "occurred_at": at })
}

/// Sends a case. Moves have no reference of their own: the version they lead on from makes them happen once.
async fn send(client: &Client, case: &Case, status: u16) {
    let id = &case.id;
    let person = json!({ "kind": "person", "display_name": format!("Case {id}") });
    let (customer, _) = upsert(client, SYSTEM, id, person, status).await;
    let ticket = json!({
        "number": format!("case-{id}"), "subject": format!("Case {id}"), "opened_at": case.activities[0].at,
        "source": { "system": SYSTEM, "reference": id },
    });
    let ticket = client.post(&format!("/v1/customers/{}/tickets", customer.id()), ticket);
    let ticket = format!("/v1/tickets/{}", ticket.send().await.expect(status).id());
    let (mut state, mut version) = ("new", 1);
    for (index, activity) in case.activities.iter().enumerate() {
        let moves = moves(&activity.number, state);
        for (step, (segment, to)) in moves.iter().enumerate() {
            let body = body(segment, activity, step + 1 == moves.len());
            let sent = client.post(&format!("{ticket}/{segment}"), body);
            let sent = sent.header("if-match", format!("\"{version}\"")).send().await;
            match status {
                201 => assert_eq!(sent.expect(200)["status"], *to),
                _ => assert_eq!(sent.expect(412).code(), "version_conflict"),
            }
            (state, version) = (to, version + 1);
        }
        if moves.is_empty() {
            let comment = json!({
                "text": format!("Activity {}", activity.number), "visibility": "internal", "written_at": activity.at,
                "source": { "system": SYSTEM, "reference": format!("{id}-{index}") },
            });
            client.post(&format!("{ticket}/comments"), comment).send().await.expect(status);
            version += 1;
        }
    }
}

/// The state a case ends in, and how many moves tell it.
fn fate(case: &Case) -> (&'static str, usize) {
    case.activities.iter().fold(("new", 0), |(state, count), activity| {
        let moves = moves(&activity.number, state);
        (moves.last().map_or(state, |(_, to)| *to), count + moves.len())
    })
}

/// Which activity an event tells, if it tells one.
fn activity(event: &Value) -> Option<Activity> {
    let payload = &event["payload"];
    let words = [&payload["note"], &payload["reason"], &payload["resolution"], &payload["comment"]["text"]];
    let number = words.into_iter().find_map(|words| words.as_str()?.strip_prefix("Activity "))?;
    Some(Activity { number: number.to_owned(), at: text(&event["occurred_at"]).to_owned() })
}

both! {
    async fn helpdesk_cases_come_in_once_step_by_step(app: TestApp) {
        let Some(folder) = data::set("helpdesk") else { return };
        let cases = cases(&folder, if is_whole() { 1 } else { 10 });
        let admin = app.admin().await;
        twice(&app, async |status| in_parallel(&cases, async |case| send(&admin, case, status).await).await).await;

        let tickets = all(&admin, "/v1/tickets", &[]).await;
        assert_eq!(tickets.len(), cases.len());
        let ids: BTreeMap<&str, &str> =
            tickets.iter().map(|ticket| (text(&ticket["id"]), text(&ticket["source"]["reference"]))).collect();
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        cases.iter().for_each(|case| *states.entry(fate(case).0).or_default() += 1);
        for state in ["new", "open", "pending", "on_hold", "resolved", "closed"] {
            let expected = states.get(state).copied().unwrap_or_default();
            assert_eq!(count(&admin, "/v1/tickets", &[("status", state)]).await, expected, "{state}");
        }

        let events = all(&admin, "/v1/timeline", &[("category", "support"), ("sort", "occurred_at")]).await;
        let mut read: BTreeMap<&str, Vec<(i64, Activity)>> = BTreeMap::new();
        for event in &events {
            let Some(activity) = activity(event) else { continue };
            let sequence = event["sequence"].as_i64().expect("a number");
            read.entry(ids[text(&event["subject"]["id"])]).or_default().push((sequence, activity));
        }
        for case in &cases {
            let mut read = read.remove(case.id.as_str()).unwrap_or_default();
            read.sort_by_key(|(sequence, _)| *sequence);
            let read: Vec<Activity> = read.into_iter().map(|(_, activity)| activity).collect();
            assert_eq!(read, case.activities, "case {}", case.id);
        }
        let activities: usize = cases.iter().map(|case| case.activities.len()).sum();
        let comments = events.iter().filter(|event| event["kind"] == "ticket.commented").count();
        let moves: usize = cases.iter().map(|case| fate(case).1).sum();
        assert_eq!(events.len(), cases.len() + moves + comments);
        if is_whole() {
            assert_eq!((cases.len(), activities, comments, events.len()), (4_580, 21_348, 6_199, 27_966));
            let first_and_last = [&events[0], &events[events.len() - 1]].map(|event| text(&event["occurred_at"]));
            assert_eq!(first_and_last, ["2010-01-02T08:16:26.000000Z", "2014-03-01T13:20:58.000000Z"]);
            assert_eq!(states, BTreeMap::from([("closed", 3_302), ("open", 250), ("pending", 148), ("resolved", 880)]));
        }
        holds_together(app.store()).await;
    }
}
