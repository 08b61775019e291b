//! Permissions as parameters: a handler without one has nothing to work with.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::idempotency::RequestKey;
use super::request::RequestFacts;
use super::state::State;
use crate::domain::actor::Actor;
use crate::domain::language::Phrase;
use crate::domain::permission::Permission;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;

/// Who was recognised, or why nobody was; noted once per request by [`super::around`].
#[derive(Clone)]
pub enum Caller {
    /// A signed-in user.
    Known(Arc<Actor>),
    /// No token was sent.
    Nobody,
    /// A token was sent that does not count.
    Refused(Phrase),
}

impl Caller {
    fn actor(&self) -> Result<Arc<Actor>> {
        match self {
            Self::Known(actor) => Ok(Arc::clone(actor)),
            Self::Nobody => Err(Error::new(Code::Unauthenticated)),
            Self::Refused(reason) => Err(Error::new(Code::Unauthenticated).because(*reason)),
        }
    }
}

/// A permission as a type.
pub trait Requirement {
    /// The permission; none means that being signed in is enough.
    const PERMISSION: Option<Permission>;
}

macro_rules! requirements {
    ($($name:ident)*) => {$(
        #[doc = concat!("Requires [`Permission::", stringify!($name), "`].")]
        pub struct $name;

        impl Requirement for $name {
            const PERMISSION: Option<Permission> = Some(Permission::$name);
        }
    )*};
}

requirements! {
    CustomersRead CustomersWrite RelationshipsRead RelationshipsWrite InteractionsRead InteractionsWrite TimelineRead
    TimelineAppend TimelineCorrect TimelineVerify EventTypesRead EventTypesWrite TagsRead TagsWrite OwnersRead
    UsersRead UsersWrite SecurityEventsRead SupportRead SupportWrite MarketingRead MarketingWrite DocumentsRead
    DocumentsWrite CheckpointsRead CheckpointsWrite CustomFieldsRead CustomFieldsWrite
}

/// Requires nothing but being signed in.
pub struct SignedIn;

impl Requirement for SignedIn {
    const PERMISSION: Option<Permission> = None;
}

/// The context of a caller who may do this.
pub struct Can<P>(Context, PhantomData<P>);

impl<P> Deref for Can<P> {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.0
    }
}

impl<P: Requirement> FromRequest for Can<P> {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(permitted::<P>(request).map(|cx| Self(cx, PhantomData)))
    }
}

fn permitted<P: Requirement>(request: &HttpRequest) -> Result<Context> {
    let caller = request.extensions().get::<Caller>().cloned().unwrap_or(Caller::Nobody);
    let actor = caller.actor()?;
    if let Some(permission) = P::PERMISSION
        && !actor.permissions.contains(permission)
    {
        return Err(Error::insufficient_scope(permission));
    }
    context(request, Actor::clone(&actor))
}

/// The context of a caller nobody knows yet: signing in, resetting a password.
pub struct Anonymous(pub Context);

impl FromRequest for Anonymous {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(context(request, Actor::nobody()).map(Self))
    }
}

fn context(request: &HttpRequest, actor: Actor) -> Result<Context> {
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| Error::internal("no state"))?;
    let facts = RequestFacts::from_extensions(request).ok_or_else(|| Error::internal("no request facts"))?;
    let key = request.extensions().get::<RequestKey>().map(|key| key.0.clone());
    Ok(Context {
        store: state.store.clone(),
        clock: state.clock.clone(),
        service_levels: state.service_levels.clone(),
        actor,
        language: facts.language,
        request_id: Some(facts.id),
        idempotency: key,
    })
}
