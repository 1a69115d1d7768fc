//! What a derive stands on, once its shape and its attribute are known to be right.

use syn::{Data, DeriveInput, Error, Fields, Ident, Result};

use crate::attr::{self, Address};
use crate::symbol::Symbol;
use crate::valid;

/// A struct under one of the four handler derives.
pub(crate) struct Handler<'a> {
    pub(crate) symbol: Symbol,
    pub(crate) name: &'a Ident,
    pub(crate) address: Address,
    pub(crate) fields: &'a Fields,
}

impl<'a> Handler<'a> {
    pub(crate) fn from_syn(symbol: Symbol, input: &'a DeriveInput) -> Result<Self> {
        let (fields, address) = both(fields(symbol.derive, input), attr::address(symbol, input))?;
        Ok(Self { symbol, name: &input.ident, address, fields })
    }
}

/// A struct under `#[derive(Resources)]`.
pub(crate) struct Resources<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) fields: &'a Fields,
}

impl<'a> Resources<'a> {
    pub(crate) fn from_syn(input: &'a DeriveInput) -> Result<Self> {
        let fields = fields("Resources", input)?;
        valid::distinct_types(fields)?;
        Ok(Self { name: &input.ident, fields })
    }
}

fn fields<'a>(derive: &str, input: &'a DeriveInput) -> Result<&'a Fields> {
    match &input.data {
        Data::Struct(data) => valid::no_parameters(derive, input).map(|()| &data.fields),
        Data::Enum(data) => Err(Error::new(data.enum_token.span, format!("{derive} is for a struct, not for an enum"))),
        Data::Union(data) => {
            Err(Error::new(data.union_token.span, format!("{derive} is for a struct, not for a union")))
        }
    }
}

/// Both values, or the errors of both.
fn both<A, B>(first: Result<A>, second: Result<B>) -> Result<(A, B)> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(mut error), Err(other)) => {
            error.combine(other);
            Err(error)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}
