//! Lines of quotes, orders and invoices: completed from the catalogue, and added up.

use std::collections::{BTreeSet, HashSet};

use uuid::Uuid;

use super::products;
use crate::domain::currency::Currency;
use crate::domain::decimal;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::lines::{self, Exact};
use crate::domain::money::{MAX_SCALED, Money};
use crate::domain::quantities::Quantities;
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::schemas::line::{ExpectedTotals, Line, LineTotal, TaxTotal, Totals};
use crate::schemas::product::ProductFields;

/// Everything that adds up.
pub struct Bill<'a> {
    /// Of every amount.
    pub currency: Currency,
    /// The lines; completed in place.
    pub lines: &'a mut Vec<Line>,
    /// Lines there were before: they are complete, and take nothing new from the catalogue.
    pub kept: &'a [Line],
    /// Freight without tax.
    pub freight_amount: &'a mut Option<String>,
    /// Rate of the tax on it.
    pub freight_tax_rate: &'a mut Option<String>,
    /// What the caller takes the totals to be.
    pub expected: Option<&'a ExpectedTotals>,
}

impl Bill<'_> {
    /// Completes the lines and adds everything up. Refuses lines that lack something, name products that do not exist,
    /// or add up to other totals than expected.
    pub async fn add_up(self, change: &Change) -> Result<Totals> {
        let Self { currency, lines, kept, freight_amount, freight_tax_rate, expected } = self;
        let products = products::by_ids(change, product_ids(lines)).await?;
        let mut faults = Vec::new();
        let mut positions = HashSet::new();
        let mut last = 0;
        let mut counted = Vec::with_capacity(lines.len() + 1);
        for (index, line) in lines.iter_mut().enumerate() {
            let mut desk = Desk { place: format!("/lines/{index}/"), currency, faults: &mut faults };
            if let Some(id) = line.product_id
                && !kept.contains(line)
            {
                match products.get(&id) {
                    Some(product) => copy(line, product, currency),
                    None => desk.fault("product_id", Fault::new(FaultCode::Reference).with("type", "product")),
                }
            }
            last = *line.position.get_or_insert(last + 1);
            if !positions.insert(last) {
                desk.fault("position", FaultCode::Duplicate);
            }
            counted.extend(desk.count(line));
        }
        let mut desk = Desk { place: "/".to_owned(), currency, faults: &mut faults };
        let freight = desk.freight(freight_amount, freight_tax_rate);
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        let totals = totals(lines, &counted, freight, currency).ok_or_else(too_much)?;
        compare(expected, &totals)?;
        Ok(totals)
    }
}

fn too_much() -> Error {
    let limit = Money::from_scaled(MAX_SCALED, Currency::EUR).amount();
    Error::invalid_at("/lines", Fault::new(FaultCode::TooLarge).with("limit", limit))
}

/// The products that lines name.
pub fn product_ids(lines: &[Line]) -> BTreeSet<Uuid> {
    lines.iter().filter_map(|line| line.product_id).collect()
}

/// The quantities of complete lines.
pub fn quantities(lines: &[Line]) -> Quantities {
    let of_line = |line: &Line| Some((line.position?, decimal::parse(&line.quantity).ok()?));
    lines.iter().filter_map(of_line).collect()
}

/// Whether a line takes something off the price.
pub fn is_reduction(line: &Line) -> bool {
    line.unit_price.as_ref().is_some_and(|price| price.starts_with('-'))
}

/// The lines of which something is open, with that quantity.
pub fn rest(lines: Vec<Line>, open: &Quantities) -> Vec<Line> {
    let with_open = |line: Line| {
        let quantity = open.of(line.position?);
        (!quantity.is_zero()).then(|| Line { quantity: quantity.to_string(), ..line })
    };
    lines.into_iter().filter_map(with_open).collect()
}

/// The currency of a paper that is complete: what it is made from may have given it, and the lines.
pub fn currency(code: &str, lines: &[Line]) -> Result<Currency> {
    let required = [("/currency", code.is_empty()), ("/lines", lines.is_empty())];
    let missing = required.into_iter().filter(|(_, is_missing)| *is_missing);
    let faults: Vec<FieldError> =
        missing.map(|(pointer, _)| FieldError::at_pointer(pointer, FaultCode::Required)).collect();
    if !faults.is_empty() {
        return Err(Error::invalid(faults));
    }
    Currency::parse(code).map_err(|fault| Error::invalid_at("/currency", fault))
}

/// What a line does not say itself, the product says.
fn copy(line: &mut Line, product: &ProductFields, currency: Currency) {
    line.sku.get_or_insert_with(|| product.sku.clone());
    line.description.get_or_insert_with(|| product.name.clone());
    line.tax_rate.get_or_insert_with(|| product.tax_rate.clone());
    if line.unit.is_none() {
        line.unit.clone_from(&product.unit);
    }
    if line.unit_price.is_none() {
        line.unit_price = product.unit_price.filter(|price| price.currency == currency).map(Money::amount);
    }
}

/// Where one part of a bill is read, and what is wrong with it noted.
struct Desk<'a> {
    place: String,
    currency: Currency,
    faults: &'a mut Vec<FieldError>,
}

impl Desk<'_> {
    fn fault(&mut self, field: &str, fault: impl Into<Fault>) {
        self.faults.push(FieldError::at_pointer(format!("{}{field}", self.place), fault));
    }

    /// What counts of a line, each number in its one form.
    fn count(&mut self, line: &mut Line) -> Option<lines::Line> {
        if line.description.is_none() {
            self.fault("description", FaultCode::Required);
        }
        let mut quantity = Some(line.quantity.clone());
        let counted = self.number("quantity", &mut quantity);
        line.quantity = quantity.unwrap_or_default();
        line.discount_percent.get_or_insert_with(|| "0".to_owned());
        let (unit_price, discount, tax_rate) = (
            self.price("unit_price", &mut line.unit_price),
            self.number("discount_percent", &mut line.discount_percent),
            self.number("tax_rate", &mut line.tax_rate),
        );
        Some(lines::Line { quantity: counted?, unit_price: unit_price?, discount: discount?, tax_rate: tax_rate? })
    }

    /// Freight is one more line, if there is any.
    fn freight(&mut self, amount: &mut Option<String>, tax_rate: &mut Option<String>) -> Option<lines::Line> {
        if amount.is_none() {
            *tax_rate = None;
            return None;
        }
        tax_rate.get_or_insert_with(|| "0".to_owned());
        let unit_price = self.price("freight_amount", amount);
        let tax_rate = self.number("freight_tax_rate", tax_rate);
        Some(lines::Line { quantity: Exact::ONE, unit_price: unit_price?, discount: Exact::ZERO, tax_rate: tax_rate? })
    }

    fn number(&mut self, field: &str, text: &mut Option<String>) -> Option<Exact> {
        let Some(text) = text else {
            self.fault(field, FaultCode::Required);
            return None;
        };
        let number = decimal::parse(text)
            .and_then(|number| Exact::new(number).ok_or_else(|| Fault::of_value(FaultCode::Decimal, text.as_str())));
        match number {
            Ok(number) => {
                *text = number.number().to_string();
                Some(number)
            }
            Err(fault) => {
                self.fault(field, fault);
                None
            }
        }
    }

    /// As [`Self::number`], but written as amounts are.
    fn price(&mut self, field: &str, text: &mut Option<String>) -> Option<Exact> {
        let number = self.number(field, text)?;
        if let Some(text) = text
            && let Ok(money) = Money::parse(text, self.currency.code())
        {
            *text = money.amount();
        }
        Some(number)
    }
}

fn totals(lines: &[Line], counted: &[lines::Line], freight: Option<lines::Line>, currency: Currency) -> Option<Totals> {
    let all: Vec<lines::Line> = counted.iter().copied().chain(freight).collect();
    let lines::Totals { net, taxes, tax, gross } = lines::totals(&all, currency)?;
    let freight = freight.map_or(Some(Money::zero(currency)), |freight| freight.net(currency))?;
    let of_line = |(line, counted): (&Line, &lines::Line)| {
        Some(LineTotal { position: line.position.unwrap_or_default(), net: counted.net(currency)? })
    };
    Some(Totals {
        lines: lines.iter().zip(counted).map(of_line).collect::<Option<_>>()?,
        goods: net.checked_sub(freight)?,
        freight,
        net,
        taxes: taxes
            .into_iter()
            .map(|lines::Tax { rate, net, tax }| TaxTotal { rate: rate.number().to_string(), net, tax })
            .collect(),
        tax,
        gross,
    })
}

/// Refuses totals that differ from the right ones, and names those.
fn compare(expected: Option<&ExpectedTotals>, totals: &Totals) -> Result<()> {
    let Some(ExpectedTotals { net, tax, gross }) = expected else { return Ok(()) };
    let all = [("net", net, totals.net), ("tax", tax, totals.tax), ("gross", gross, totals.gross)];
    let wrong = all.into_iter().filter(|(_, expected, right)| expected.is_some_and(|expected| expected != *right));
    let faults: Vec<FieldError> = wrong
        .map(|(name, _, right)| {
            let fault = Fault::new(FaultCode::Total).with("total", right.to_string());
            FieldError::at_pointer(format!("/totals/{name}"), fault)
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}
