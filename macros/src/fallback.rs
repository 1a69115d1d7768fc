//! What a derive emits beside its own errors: impls that fit everywhere, so that rustc has nothing to add.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Ident};

/// The errors, where they are not said elsewhere, and a handler of every operation, made from any resources.
pub(crate) fn handler(input: &DeriveInput, error: Option<&Error>) -> TokenStream {
    let impls = implemented(input, |name| {
        quote! {
            #[automatically_derived]
            impl<__M: ::pontoon::generated::Operation, __C> ::pontoon::generated::Handles<__M, __C> for #name {
                fn run(
                    &self,
                    _: &__C,
                    _: __M::Input,
                ) -> impl ::core::future::Future<
                    Output = ::core::result::Result<__M::Output, ::pontoon::Error<__M::Rejection>>,
                > + ::core::marker::Send {
                    ::core::future::pending()
                }
            }

            #[automatically_derived]
            impl<__M: ::pontoon::generated::Operation, __U, __R> ::pontoon::generated::HandlerOf<__M, __U, __R> for #name {}

            #[automatically_derived]
            impl<__R> ::pontoon::generated::FromResources<__R> for #name {
                fn from_resources(_: &__R) -> Self {
                    ::core::unreachable!()
                }
            }
        }
    });
    with(error, &impls)
}

/// The errors, and resources that have every type.
pub(crate) fn resources(input: &DeriveInput, error: Option<&Error>) -> TokenStream {
    let impls = implemented(input, |name| {
        quote! {
            #[automatically_derived]
            impl<__T> ::pontoon::generated::Provides<__T> for #name {
                fn provide(&self) -> __T {
                    ::core::unreachable!()
                }
            }
        }
    });
    with(error, &impls)
}

/// The impls, unless the type has parameters: the generated code that names it without them is an error of its own.
fn implemented(input: &DeriveInput, impls: impl FnOnce(&Ident) -> TokenStream) -> TokenStream {
    if input.generics.params.is_empty() { impls(&input.ident) } else { TokenStream::new() }
}

fn with(error: Option<&Error>, impls: &TokenStream) -> TokenStream {
    let errors = error.map(Error::to_compile_error);
    quote!(#errors #impls)
}
