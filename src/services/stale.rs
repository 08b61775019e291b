//! Stale writes: which version is there now, and what changed since the one the writer read.

use uuid::Uuid;

use crate::domain::version::Expected;
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::timeline;

/// Refuses a writer who did not read the present version, and tells the fields that differ. Reads through the
/// Change: one that waited for another connection could wait for ever, and would not see the changes it shares a
/// commit with.
pub async fn check(change: &Change, record_id: Uuid, expected: &Expected, version: i64) -> Result<()> {
    if expected.matches(version) {
        return Ok(());
    }
    let read = expected.newest();
    let mut differences: Vec<serde_json::Value> = Vec::new();
    for (field, at, by) in timeline::changes_since(change, record_id, read).await? {
        let pointer = field.pointer();
        match differences.iter_mut().find(|known| known["pointer"] == pointer) {
            Some(known) => {
                known["now"] = field.to;
                known["changed_at"] = serde_json::json!(at);
                known["changed_by"] = serde_json::json!(by);
            }
            None => differences.push(serde_json::json!({
                "pointer": pointer,
                "yours_was": field.from,
                "now": field.to,
                "changed_at": at,
                "changed_by": by,
            })),
        }
    }
    differences.retain(|known| known["yours_was"] != known["now"]);
    Err(Error::new(Code::VersionConflict)
        .with("expected", read.to_string())
        .with("current", version.to_string())
        .with_member("current_version", version)
        .with_member("differences", differences))
}
