//! Customers by the beginnings of words they are found by.

use sea_orm::sea_query::{Asterisk, Expr, ExprTrait, IntoColumnRef, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, DbBackend};

use crate::entities::cells::Reads;
use crate::entities::customer;
use crate::entities::customer_word::{Column, Entity};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::services::prefix::begins_with;

/// With so many entries a beginning is common: from here on it mostly costs less to go through the customers in the
/// order that was asked for, and look at each, than to fetch and sort all who have such a word. Where many have one, it is
/// likely that some of them come soon; not so where they all stand at the end.
const COMMON: u64 = 50_000;

/// Whoever has one word is asked for another one that so many times as many have; less than that, and it costs less to
/// fetch all who have that one as well, and to see who is among both.
const MANY_TIMES: u64 = 10;

/// What those are called who share beginnings.
const SHARING: &str = "sharing";

/// That customers have a word with each of these beginnings, of which there is at least one.
///
/// Neither database can tell from a statement prepared once whether a beginning is of one customer or of half of them, and
/// on a wrong guess goes through all customers to find one. So entries are counted, and what is rare is looked for first,
/// whatever the planner makes of it; whoever has that is asked for the rest before any customer is read.
pub async fn with_words(cx: &Context, words: &[String]) -> Result<Condition> {
    let counted: Vec<(&String, u64)> = words.iter().zip(entries(cx, words).await?).collect();
    let fewest = counted.iter().map(|(_, entries)| *entries).min().unwrap_or_default();
    if let [(word, COMMON..)] = counted.as_slice() {
        return Ok(Condition::all().add(has(word, (customer::Entity, customer::Column::Id))));
    }
    let (fetched, asked): (Vec<_>, Vec<_>) =
        counted.into_iter().partition(|(_, entries)| *entries <= fewest.saturating_mul(MANY_TIMES));
    let words =
        |counted: Vec<(&String, u64)>| -> Vec<String> { counted.into_iter().map(|(word, _)| word.clone()).collect() };
    Ok(Condition::all().add(is_among(cx, &words(fetched), &words(asked))))
}

/// How many entries each beginning has, counted up to where it is common: asked in one go.
async fn entries(cx: &Context, words: &[String]) -> Result<Vec<u64>> {
    let reader = &cx.store.rows;
    let asked = words.iter().zip(0_i64..).map(|(word, number)| {
        let mut each = Query::select();
        each.expr(Expr::val(1)).from(Entity).cond_where(begins_with(Column::Word, word)).limit(COMMON);
        let count = Expr::col(Asterisk).count();
        Query::select().expr(Expr::value(number)).expr(count).from_subquery(each, "each_entry").to_owned()
    });
    let Some(query) = asked.reduce(|mut all, next| all.union(UnionType::All, next).to_owned()) else {
        return Ok(Vec::new());
    };
    let mut found: Vec<(i64, i64)> = reader.rows(reader.backend().build(&query)).await?;
    found.sort_unstable();
    found.into_iter().map(|(_, entries)| u64::try_from(entries).map_err(Error::internal)).collect()
}

/// That a customer is one of those who share these beginnings and, each being asked, have the others: fetched before
/// anything else.
fn is_among(cx: &Context, words: &[String], others: &[String]) -> Expr {
    let Some(mut sharing) = sharing(words) else { return Expr::cust("1 = 0") };
    if !others.is_empty() {
        let id = (SHARING, Column::CustomerId);
        let all = Query::select().column(id).from_subquery(sharing, SHARING).to_owned();
        sharing = others.iter().fold(all, |mut all, word| all.and_where(has(word, id)).to_owned());
    }
    match cx.store.backend() {
        DbBackend::Postgres => Expr::cust_with_exprs(
            "\"customers\".\"id\" = ANY(ARRAY $1)",
            [Expr::SubQuery(None, Box::new(sharing.into()))],
        ),
        _ => customer::Column::Id.in_subquery(sharing),
    }
}

/// The ids of those who share them.
fn sharing(words: &[String]) -> Option<SelectStatement> {
    let ids = |word: &String| {
        let mut ids = Query::select();
        ids.column(Column::CustomerId).from(Entity).cond_where(begins_with(Column::Word, word));
        ids
    };
    words.iter().map(ids).reduce(|mut all, next| all.union(UnionType::Intersect, next).to_owned())
}

/// That the customer whose id a column is has a word with this beginning, asked of each.
fn has(word: &str, id: impl IntoColumnRef) -> Expr {
    let same = Expr::col((Entity, Column::CustomerId)).equals(id);
    let mut own = Query::select();
    own.expr(Expr::val(1)).from(Entity).and_where(same).cond_where(begins_with(Column::Word, word));
    Expr::exists(own)
}
