//! What customers own: what it is, where it came from, and what became of it.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::contracts::Contracts;
use super::moments::{happened_on, moment_of, not_before};
use super::orders::Orders;
use super::products;
use super::records::{Kind, Move, MoveFacts, State, This, named};
use crate::domain::decimal;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::cells::Reads;
use crate::entities::owned_product::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::entities::words;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::owned_product::{
    GiveUpOwnedProduct, OwnedProductFacts, OwnedProductFields, OwnedProductFilter, OwnedProductStatus,
    ReactivateOwnedProduct, ReplaceOwnedProduct,
};
use crate::schemas::record::Exactly;

/// What customers own.
pub struct OwnedProducts;

impl Kind for OwnedProducts {
    type Row = Model;
    type Fields = OwnedProductFields;

    const CATEGORY: Category = Category::Purchase;
    const READ: Permission = Permission::SalesRead;
    const WRITE: Permission = Permission::SalesWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("acquired_on", Column::AcquiredOn),
        ("warranty_until", Column::WarrantyUntil),
        ("name", Column::NameKey),
        ("serial_number", Column::SerialNumber),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] = &[Return::FACTS, Decommission::FACTS, Replace::FACTS, Reactivate::FACTS];

    fn label(state: &State<Self>) -> String {
        let name = state.fields.name.as_deref().unwrap_or_default();
        match &state.fields.serial_number {
            Some(number) => format!("{name} ({number})"),
            None => name.to_owned(),
        }
    }

    async fn settle(
        this: &This<'_>,
        before: Option<&State<Self>>,
        mut fields: OwnedProductFields,
    ) -> Result<State<Self>> {
        let was = before.map(|before| &before.fields);
        let now = this.change.now();
        if let Some(day) = &fields.acquired_on {
            happened_on("/acquired_on", Some(day), None, now)?;
            if let Some(last) = &fields.warranty_until {
                not_before("/warranty_until", last, Some(("acquired_on", day)))?;
            }
        }
        complete(this, was, &mut fields).await?;
        if let Some(id) = fields.order_id.filter(|id| was.is_none_or(|was| was.order_id != Some(*id))) {
            named::<Orders>(this, "/order_id", id).await?;
        }
        if let Some(id) = fields.contract_id.filter(|id| was.is_none_or(|was| was.contract_id != Some(*id))) {
            named::<Contracts>(this, "/contract_id", id).await?;
        }
        let new = OwnedProductFacts {
            status: OwnedProductStatus::InUse,
            dated_at: None,
            given_up_on: None,
            reason: None,
            replaced_by_id: None,
        };
        let facts = before.map_or(new, |before| before.facts.clone());
        if facts.status == OwnedProductStatus::InUse {
            is_the_only_one(this, &fields).await?;
        }
        let dated_at = fields.acquired_on.as_deref().map(|day| moment_of(day, now));
        let is_same = was.is_some_and(|was| was.acquired_on == fields.acquired_on);
        let dated_at = if is_same { facts.dated_at } else { dated_at };
        Ok(State { fields, facts: OwnedProductFacts { dated_at, ..facts } })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        state.facts.dated_at.filter(|_| happened == "created")
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let fields = &state.fields;
        row.product_id = fields.product_id;
        row.sku.clone_from(&fields.sku);
        row.name_key = sort_key(fields.name.as_deref().unwrap_or_default());
        row.serial_number.clone_from(&fields.serial_number);
        row.status = state.facts.status.as_str().to_owned();
        row.acquired_on.clone_from(&fields.acquired_on);
        row.warranty_until.clone_from(&fields.warranty_until);
        row.order_id = fields.order_id;
        row.contract_id = fields.contract_id;
        row.search_text = Some(words::kept([&fields.name, &fields.sku, &fields.serial_number].into_iter().flatten()));
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        match (before, after) {
            // Another one may have its serial number since it was archived.
            (None, Some(after)) if after.facts.status == OwnedProductStatus::InUse => {
                is_the_only_one(this, &after.fields).await
            }
            _ => Ok(()),
        }
    }

    fn condition(_cx: &Context, filter: &OwnedProductFilter) -> Condition {
        let mut all = words::asked(Column::SearchText, filter.q.as_deref());
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        for (texts, column) in [(&filter.sku, Column::Sku), (&filter.serial_number, Column::SerialNumber)] {
            if !texts.is_empty() {
                all = all.add(column.is_in(Exactly::texts(texts)));
            }
        }
        for (ids, column) in [
            (&filter.product_id, Column::ProductId),
            (&filter.order_id, Column::OrderId),
            (&filter.contract_id, Column::ContractId),
        ] {
            if !ids.is_empty() {
                all = all.add(column.is_in(ids.iter().copied()));
            }
        }
        all.add_option(filter.warranty_after.as_ref().map(|day| Column::WarrantyUntil.gte(day)))
            .add_option(filter.warranty_before.as_ref().map(|day| Column::WarrantyUntil.lt(day)))
            .add_option(filter.acquired_after.as_ref().map(|day| Column::AcquiredOn.gte(day)))
            .add_option(filter.acquired_before.as_ref().map(|day| Column::AcquiredOn.lt(day)))
    }
}

/// What it does not say itself, the product says.
async fn complete(this: &This<'_>, was: Option<&OwnedProductFields>, fields: &mut OwnedProductFields) -> Result<()> {
    if let Some(id) = fields.product_id
        && was.is_none_or(|was| was.product_id != Some(id) || fields.name.is_none())
    {
        let known = products::by_ids(this.change, BTreeSet::from([id])).await?;
        let fault = || Fault::new(FaultCode::Reference).with("type", "product");
        let product = known.get(&id).ok_or_else(|| Error::invalid_at("/product_id", fault()))?;
        fields.sku.get_or_insert_with(|| product.sku.clone());
        fields.name.get_or_insert_with(|| product.name.clone());
        if fields.unit.is_none() {
            fields.unit.clone_from(&product.unit);
        }
    }
    if fields.name.is_none() {
        return Err(Error::invalid_at("/name", FaultCode::Required));
    }
    let quantity = decimal::normalize(fields.quantity.as_deref().unwrap_or("1"));
    let quantity = quantity.map_err(|fault| Error::invalid_at("/quantity", fault))?;
    let is_one_of_a_kind = fields.serial_number.is_some();
    if quantity == "0" || is_one_of_a_kind && quantity != "1" {
        return Err(Error::invalid_at("/quantity", FaultCode::Unfitting));
    }
    fields.quantity = Some(quantity);
    Ok(())
}

/// Refuses a serial number that something of the same product, or of the same article, has whoever owns that: a used
/// one is given up by the one before it is owned by the next.
async fn is_the_only_one(this: &This<'_>, fields: &OwnedProductFields) -> Result<()> {
    let Some(serial_number) = &fields.serial_number else { return Ok(()) };
    let same = match (fields.product_id, &fields.sku) {
        (Some(id), _) => Column::ProductId.eq(id),
        (None, Some(sku)) => {
            // Of what is no product of ours, no index refuses the second one.
            this.change.one_after_another("serial_numbers").await?;
            Column::Sku.eq(sku)
        }
        (None, None) => return Ok(()),
    };
    let others = Entity::find()
        .filter(Column::SerialNumber.eq(serial_number))
        .filter(same)
        .filter(Column::Status.eq(OwnedProductStatus::InUse.as_str()))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(this.id));
    if this.change.exists(others).await? {
        // Whether the caller may know of the customer who has it is not asked: its id is not told.
        return Err(Error::already_exists(["/serial_number"], None));
    }
    Ok(())
}

fn give_up(
    this: &This<'_>,
    state: &mut State<OwnedProducts>,
    status: OwnedProductStatus,
    input: GiveUpOwnedProduct,
) -> Result<()> {
    let GiveUpOwnedProduct { reason, given_up_on } = input;
    let first = state.fields.acquired_on.as_deref().map(|day| ("acquired_on", day));
    let day = happened_on("/given_up_on", given_up_on.as_deref(), first, this.change.now())?;
    (state.facts.status, state.facts.given_up_on, state.facts.reason) = (status, Some(day), reason);
    Ok(())
}

/// It came back to us.
pub struct Return;

impl Move for Return {
    type Kind = OwnedProducts;
    type Input = GiveUpOwnedProduct;

    const FACTS: MoveFacts = MoveFacts {
        verb: "return",
        segment: "return",
        summary: "It came back to us, and why.",
        happened: "returned",
        happened_german: "zurückgegeben",
        from: &["in_use", "decommissioned"],
    };

    async fn make(this: &This<'_>, state: &mut State<OwnedProducts>, input: GiveUpOwnedProduct) -> Result<()> {
        give_up(this, state, OwnedProductStatus::Returned, input)
    }
}

/// The customer uses it no more.
pub struct Decommission;

impl Move for Decommission {
    type Kind = OwnedProducts;
    type Input = GiveUpOwnedProduct;

    const FACTS: MoveFacts = MoveFacts {
        verb: "decommission",
        segment: "decommissioning",
        summary: "The customer uses it no more, and why.",
        happened: "decommissioned",
        happened_german: "außer Betrieb genommen",
        from: &["in_use"],
    };

    async fn make(this: &This<'_>, state: &mut State<OwnedProducts>, input: GiveUpOwnedProduct) -> Result<()> {
        give_up(this, state, OwnedProductStatus::Decommissioned, input)
    }
}

/// The customer has another one instead.
pub struct Replace;

impl Move for Replace {
    type Kind = OwnedProducts;
    type Input = ReplaceOwnedProduct;

    const FACTS: MoveFacts = MoveFacts {
        verb: "replace",
        segment: "replacement",
        summary: "The customer has another one instead: which, if that is known here, and why.",
        happened: "replaced",
        happened_german: "ersetzt",
        from: &["in_use", "decommissioned"],
    };

    async fn make(this: &This<'_>, state: &mut State<OwnedProducts>, input: ReplaceOwnedProduct) -> Result<()> {
        let ReplaceOwnedProduct { replaced_by_id, reason, given_up_on } = input;
        if let Some(id) = replaced_by_id {
            let other = named::<OwnedProducts>(this, "/replaced_by_id", id).await?;
            if other.id == this.id {
                return Err(Error::invalid_at("/replaced_by_id", FaultCode::Unfitting));
            }
        }
        state.facts.replaced_by_id = replaced_by_id;
        give_up(this, state, OwnedProductStatus::Replaced, GiveUpOwnedProduct { reason, given_up_on })
    }
}

/// The customer uses it again.
pub struct Reactivate;

impl Move for Reactivate {
    type Kind = OwnedProducts;
    type Input = ReactivateOwnedProduct;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reactivate",
        segment: "reactivation",
        summary: "The customer has it and uses it again.",
        happened: "reactivated",
        happened_german: "wieder in Betrieb genommen",
        from: &["returned", "decommissioned", "replaced"],
    };

    async fn make(this: &This<'_>, state: &mut State<OwnedProducts>, _input: ReactivateOwnedProduct) -> Result<()> {
        is_the_only_one(this, &state.fields).await?;
        let facts = &mut state.facts;
        (facts.status, facts.given_up_on, facts.reason, facts.replaced_by_id) =
            (OwnedProductStatus::InUse, None, None, None);
        Ok(())
    }
}
