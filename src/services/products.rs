//! Products: the catalogue of what is sold.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::prefix::begins_with;
use super::records::{Kind, Move, MoveFacts, State, This};
use crate::domain::decimal;
use crate::domain::event_kind::Category;
use crate::domain::folding::{Umlauts, fold};
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::cells::Reads;
use crate::entities::product::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::product::{
    DiscontinueProduct, ProductFacts, ProductFields, ProductFilter, ProductStatus, ReactivateProduct,
};
use crate::schemas::record::Exactly;

/// Products.
pub struct Products;

impl Kind for Products {
    type Row = Model;
    type Fields = ProductFields;

    const CATEGORY: Category = Category::MasterData;
    const READ: Permission = Permission::ProductsRead;
    const WRITE: Permission = Permission::ProductsWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("name", Column::NameKey),
        ("sku", Column::Sku),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] = &[Discontinue::FACTS, Reactivate::FACTS];

    fn label(state: &State<Self>) -> String {
        format!("{} ({})", state.fields.name, state.fields.sku)
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: ProductFields) -> Result<State<Self>> {
        fields.tax_rate =
            decimal::normalize(&fields.tax_rate).map_err(|fault| Error::invalid_at("/tax_rate", fault))?;
        if before.is_none_or(|before| before.fields.sku != fields.sku) {
            must_be_free(this.change, &fields.sku).await?;
        }
        let new = ProductFacts { status: ProductStatus::Active, discontinued_at: None };
        Ok(State { fields, facts: before.map_or(new, |before| before.facts.clone()) })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.sku.clone_from(&state.fields.sku);
        row.name_key = sort_key(&state.fields.name);
        row.name_folded = fold(&state.fields.name, Umlauts::Plain);
        row.family.clone_from(&state.fields.family);
        row.status = state.facts.status.as_str().to_owned();
    }

    fn condition(_cx: &Context, filter: &ProductFilter) -> Condition {
        let mut all = Condition::all();
        if let Some(q) = &filter.q {
            all = all.add(begins_with(Column::NameFolded, &fold(q, Umlauts::Plain)));
        }
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.family.is_empty() {
            all = all.add(Column::Family.is_in(Exactly::texts(&filter.family)));
        }
        if !filter.sku.is_empty() {
            all = all.add(Column::Sku.is_in(Exactly::texts(&filter.sku)));
        }
        all
    }
}

/// The products of these ids, archived ones included.
pub async fn by_ids(change: &Change, ids: BTreeSet<Uuid>) -> Result<HashMap<Uuid, ProductFields>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let select = Entity::find().select_only().column(Column::Id).column(Column::Fields);
    let found: Vec<(Uuid, String)> = change.tuples(select.filter(Column::Id.is_in(ids))).await?;
    let read = |(id, fields): (Uuid, String)| Ok((id, serde_json::from_str(&fields).map_err(Error::internal)?));
    found.into_iter().map(read).collect()
}

/// Refuses the number of another product, archived ones included, and names that product: whoever writes products may
/// see all of them.
async fn must_be_free(change: &Change, sku: &str) -> Result<()> {
    let select = Entity::find().select_only().column(Column::Id);
    let holders: Vec<(Uuid,)> = change.tuples(select.filter(Column::Sku.eq(sku))).await?;
    match holders.first() {
        Some((holder,)) => Err(Error::already_exists(["/sku"], Some(*holder))),
        None => Ok(()),
    }
}

/// It is not sold any more.
pub struct Discontinue;

impl Move for Discontinue {
    type Kind = Products;
    type Input = DiscontinueProduct;

    const FACTS: MoveFacts = MoveFacts {
        verb: "discontinue",
        segment: "discontinuation",
        summary: "It is not sold any more, and why. What refers to it stays as it is.",
        happened: "discontinued",
        happened_german: "ausgelaufen",
        from: &["active"],
    };

    async fn make(this: &This<'_>, state: &mut State<Products>, _input: DiscontinueProduct) -> Result<()> {
        state.facts = ProductFacts { status: ProductStatus::Discontinued, discontinued_at: Some(this.change.now()) };
        Ok(())
    }
}

/// It is sold again.
pub struct Reactivate;

impl Move for Reactivate {
    type Kind = Products;
    type Input = ReactivateProduct;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reactivate",
        segment: "reactivation",
        summary: "It is sold again, and why.",
        happened: "reactivated",
        happened_german: "wieder im Sortiment",
        from: &["discontinued"],
    };

    async fn make(_this: &This<'_>, state: &mut State<Products>, _input: ReactivateProduct) -> Result<()> {
        state.facts = ProductFacts { status: ProductStatus::Active, discontinued_at: None };
        Ok(())
    }
}
