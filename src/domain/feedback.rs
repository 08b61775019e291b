//! What customers tell us about ourselves: the scales of the usual questions.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of feedback it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedbackKind {
    /// A rating with 1 to 5 stars.
    Rating,
    /// A complaint: no score, but a life of its own.
    Complaint,
    /// How likely a recommendation is (Net Promoter Score), 0 to 10.
    Nps,
    /// How content somebody is (Customer Satisfaction), 1 to 5.
    Csat,
    /// How easy we made it (Customer Effort Score), 1 to 7, 7 being the easiest.
    Ces,
}

impl FeedbackKind {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rating => "rating",
            Self::Complaint => "complaint",
            Self::Nps => "nps",
            Self::Csat => "csat",
            Self::Ces => "ces",
        }
    }

    /// The lowest and the highest score; complaints have none.
    pub fn scale(self) -> Option<RangeInclusive<i64>> {
        match self {
            Self::Complaint => None,
            Self::Nps => Some(0..=10),
            Self::Rating | Self::Csat => Some(1..=5),
            Self::Ces => Some(1..=7),
        }
    }
}

/// What somebody who was asked for a recommendation is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NpsGroup {
    /// 9 or 10.
    Promoter,
    /// 7 or 8.
    Passive,
    /// 6 or less.
    Detractor,
}

impl NpsGroup {
    /// The group of a score from 0 to 10 (Reichheld, Harvard Business Review, December 2003).
    pub fn of(score: i64) -> Self {
        match score {
            9.. => Self::Promoter,
            7..=8 => Self::Passive,
            _ => Self::Detractor,
        }
    }

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promoter => "promoter",
            Self::Passive => "passive",
            Self::Detractor => "detractor",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_has_its_group() {
        let groups: Vec<_> = FeedbackKind::Nps.scale().unwrap().map(NpsGroup::of).collect();
        assert_eq!(groups[..7], [NpsGroup::Detractor; 7]);
        assert_eq!(groups[7..9], [NpsGroup::Passive; 2]);
        assert_eq!(groups[9..], [NpsGroup::Promoter; 2]);
    }
}
