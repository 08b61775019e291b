//! Texts that are found by the beginnings of their words.

use sea_orm::sea_query::{Expr, LikeExpr};
use sea_orm::{ColumnTrait, Condition};

use crate::domain::search;

/// What a column keeps of texts, for [`all_in`]: a blank before every word lets it look for words that begin in a certain
/// way.
pub fn kept<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let text = texts.into_iter().fold(String::new(), |text, next| text + " " + next);
    search::words(&text).iter().fold(String::new(), |kept, word| kept + " " + word)
}

/// Whether each word somebody looks for, if they do, is the beginning of one in what a column keeps; signs without any word
/// find nothing.
pub fn asked<C: ColumnTrait>(column: C, q: Option<&str>) -> Condition {
    q.map_or(Condition::all(), |q| all_in(column, &search::query_words(q)))
}

/// Whether each of these folded beginnings of words is in what a column keeps; without any nothing is found.
pub fn all_in<C: ColumnTrait>(column: C, words: &[String]) -> Condition {
    if words.is_empty() {
        return Condition::all().add(Expr::cust("1 = 0"));
    }
    let word = |word: &String| {
        // E-mail addresses may hold the signs that are wildcards here.
        let literal = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        column.like(LikeExpr::new(format!("% {literal}%")).escape('\\'))
    };
    words.iter().map(word).fold(Condition::all(), Condition::add)
}
