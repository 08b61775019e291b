//! The other end of a request, for what is noted about sign-ins and refusals.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};

use super::request::RequestFacts;
use crate::domain::client::Client;
use crate::error::{Error, Result};

impl FromRequest for Client {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let address = RequestFacts::from_extensions(request).and_then(|facts| facts.address);
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        ready(Ok(Self::new(address, user_agent)))
    }
}
