//! Lists: checked filters, a page, and the cursors to the pages beside it.

use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::cursor::{self, Binding, Cursors};
use super::state::State;
use crate::domain::fault::{Fault, FaultCode};
use crate::entities::keyset::Mark;
use crate::error::{Code, Error, FieldError, Location, Result};
use crate::schemas::page::{Found, PageOf, PageRequest};
use crate::schemas::query::CustomQuery;
use crate::schemas::shape::{self, ParameterType, Shape};

/// Entries on a page unless the caller says otherwise.
const LIMIT_DEFAULT: u64 = 50;

/// Paging parameters, the same for every list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Entries on a page.
    #[param(minimum = 1, maximum = 200, default = 50, nullable = false, example = 50)]
    pub limit: Option<u64>,
    /// Where to go on: `next_cursor` or `prev_cursor` of another page of the same list.
    #[param(max_length = 4096, pattern = "^[A-Za-z0-9_-]+$", nullable = false)]
    pub cursor: Option<String>,
    /// `exact` counts all entries of the list; that costs a read of all of them.
    #[param(inline, nullable = false)]
    pub count: Option<Count>,
}

/// Whether to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// All entries.
    Exact,
}

/// Names of the parameters that do not change which list it is.
const PAGING: [&str; 3] = ["limit", "cursor", "count"];

/// The query of a list, checked. One with `CUSTOM` can be asked for custom fields as well.
pub struct Listing<Q, const CUSTOM: bool = false> {
    /// The filter.
    pub filter: Q,
    /// What is asked of custom fields.
    pub custom: CustomQuery,
    /// Which page.
    pub page: PageRequest,
    place: Place,
}

/// Which list it is, for the addresses of its other pages.
struct Place {
    state: web::Data<State>,
    binding: Binding,
    path: String,
    pairs: Vec<(String, String)>,
}

/// The query of an operation that is no list, checked.
pub struct Query<Q>(pub Q);

impl<Q: DeserializeOwned + IntoParams + 'static> FromRequest for Query<Q> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let pairs = pairs(request);
        ready(read::<Q>(&pairs.iter().collect::<Vec<_>>(), &[]).map(Self))
    }
}

/// No query parameters at all.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoParameters {}

/// The query of a list that can be asked for custom fields.
pub type CustomListing<Q> = Listing<Q, true>;

impl<Q: DeserializeOwned + IntoParams + 'static, const CUSTOM: bool> FromRequest for Listing<Q, CUSTOM> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl<Q: DeserializeOwned + IntoParams + 'static, const CUSTOM: bool> Listing<Q, CUSTOM> {
    fn of(request: &HttpRequest) -> Result<Self> {
        let place = Place::of(request)?;
        let own = place.parameters(|pair| !(is_paging(pair) || CUSTOM && is_custom(pair)));
        let paging = read::<Paging>(&place.parameters(is_paging), &[]);
        let (paging, filter) = collect_faults(paging, read::<Q>(&own, &PAGING))?;
        let custom = if CUSTOM { CustomQuery::of(&place.pairs) } else { CustomQuery::default() };
        Ok(Self { filter, custom, page: place.page(&paging)?, place })
    }

    /// The reply with a page of this list.
    pub fn reply<P: PageOf + Serialize>(&self, found: Found<P::Item>) -> Result<PageReply<P>> {
        let (next, previous, link) = self.place.neighbours(found.next.as_ref(), found.previous.as_ref())?;
        Ok(PageReply { page: P::page(found.items, next, previous, found.total), link })
    }
}

fn is_paging((name, _): &(String, String)) -> bool {
    PAGING.contains(&name.as_str())
}

fn is_custom((name, value): &(String, String)) -> bool {
    CustomQuery::is_asked_by(name, value)
}

impl Place {
    fn of(request: &HttpRequest) -> Result<Self> {
        let state = request.app_data::<web::Data<State>>().cloned();
        let state = state.ok_or_else(|| Error::internal("no state"))?;
        let (path, pairs) = (request.path().to_owned(), pairs(request));
        let filters = pairs.iter().filter(|pair| !is_paging(pair));
        let binding = cursor::binding(&path, filters.map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(Self { state, binding, path, pairs })
    }

    fn parameters(&self, is_meant: fn(&(String, String)) -> bool) -> Vec<&(String, String)> {
        self.pairs.iter().filter(|pair| is_meant(pair)).collect()
    }

    fn page(&self, paging: &Paging) -> Result<PageRequest> {
        let open = |cursor: &str| self.state.cursors.open(cursor, &self.binding);
        Ok(PageRequest {
            limit: paging.limit.unwrap_or(LIMIT_DEFAULT),
            mark: paging.cursor.as_deref().map(open).transpose()?,
            count: paging.count == Some(Count::Exact),
        })
    }

    /// The cursors to the pages beside one, and `Link` to them.
    fn neighbours(
        &self,
        next: Option<&Mark>,
        previous: Option<&Mark>,
    ) -> Result<(Option<String>, Option<String>, String)> {
        let cursors: &Cursors = &self.state.cursors;
        let seal = |mark: Option<&Mark>| mark.map(|mark| cursors.seal(mark, &self.binding)).transpose();
        let (next, previous) = (seal(next)?, seal(previous)?);
        let link = |cursor: &Option<String>, relation: &str| {
            cursor.as_ref().map(|cursor| format!("<{}>; rel=\"{relation}\"", self.address(cursor)))
        };
        let links: Vec<String> = [link(&next, "next"), link(&previous, "prev")].into_iter().flatten().collect();
        Ok((next, previous, links.join(", ")))
    }

    fn address(&self, cursor: &str) -> String {
        let kept = self.pairs.iter().filter(|(name, _)| name != "cursor");
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("cursor", cursor).finish();
        format!("{}?{query}", self.path)
    }
}

/// 200 with a page, and `Link` to its neighbours (RFC 8288).
pub struct PageReply<P> {
    page: P,
    link: String,
}

impl<P: Serialize> Responder for PageReply<P> {
    type Body = BoxBody;

    fn respond_to(self, _request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if !self.link.is_empty() {
            response.insert_header((header::LINK, self.link));
        }
        response.json(self.page)
    }
}

fn pairs(request: &HttpRequest) -> Vec<(String, String)> {
    form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect()
}

/// Reads parameters into a typed query. Unknown, repeated and unfitting ones are all named.
fn read<Q: DeserializeOwned + IntoParams + 'static>(pairs: &[&(String, String)], known_besides: &[&str]) -> Result<Q> {
    let value = object(pairs, known_besides, &*shape::of_query::<Q>()?)?;
    serde_json::from_value(value).map_err(|error| Error::bad_parameter("query", FaultCode::Unfitting).caused_by(error))
}

/// The same as one object.
fn object(pairs: &[&(String, String)], known_besides: &[&str], shape: &Shape) -> Result<Value> {
    let mut object = Map::new();
    let mut faults = Vec::new();
    for (name, text) in pairs {
        match shape.parameter_type(name) {
            None => faults.push(FieldError::at_parameter(name.clone(), unknown(name, &shape.members(), known_besides))),
            Some(ParameterType::List) => match object.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(values) => values.push(Value::String(text.clone())),
                _ => unreachable_list(&mut faults, name),
            },
            Some(_) if object.contains_key(name) => {
                faults.push(FieldError::at_parameter(name.clone(), FaultCode::RepeatedParameter));
            }
            Some(kind) => {
                object.insert(name.clone(), kind.read(text));
            }
        }
    }
    let value = Value::Object(object);
    faults.extend(shape.faults(&value).into_iter().map(as_parameter));
    if faults.is_empty() { Ok(value) } else { Err(Error::new(Code::InvalidRequest).with_faults(faults)) }
}

fn unreachable_list(faults: &mut Vec<FieldError>, name: &str) {
    faults.push(FieldError::at_parameter(name.to_owned(), FaultCode::RepeatedParameter));
}

fn unknown(name: &str, members: &[String], known_besides: &[&str]) -> Fault {
    let mut known = members.to_vec();
    known.extend(known_besides.iter().map(|name| (*name).to_owned()));
    match shape::suggestion(name, &known) {
        Some(near) => Fault::new(FaultCode::UnknownParameterSuggestion).with("suggestion", near),
        None => FaultCode::UnknownParameter.into(),
    }
}

/// A place in the query object is the name of a parameter.
fn as_parameter(error: FieldError) -> FieldError {
    let location = match error.location {
        Location::Pointer(pointer) => Location::Parameter(pointer.split('/').nth(1).unwrap_or_default().to_owned()),
        other => other,
    };
    FieldError { location, fault: error.fault }
}

fn collect_faults<A, B>(one: Result<A>, other: Result<B>) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Err(error), Err(more)) => Err(error.with_faults(more.faults().to_vec())),
    }
}
