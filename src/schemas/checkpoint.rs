//! Checkpoints on the wire.

use crate::domain::checkpoint::Checkpoint;
use crate::page_of;

page_of! {
    /// A page of checkpoints.
    CheckpointPage of Checkpoint
}
