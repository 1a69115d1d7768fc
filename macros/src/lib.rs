//! The derives that tie a handler to its place in a Pontoon topology.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod ast;
mod attr;
mod expand;
mod fallback;
mod handover;
mod runtime;
mod symbol;
mod unknown;
mod valid;

#[doc = include_str!("../docs/command_handler.md")]
#[proc_macro_derive(CommandHandler, attributes(command, subscription, worker, schedule))]
pub fn command_handler(input: TokenStream) -> TokenStream {
    expand::handler(symbol::COMMAND, &parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/subscription_handler.md")]
#[proc_macro_derive(SubscriptionHandler, attributes(command, subscription, worker, schedule))]
pub fn subscription_handler(input: TokenStream) -> TokenStream {
    expand::handler(symbol::SUBSCRIPTION, &parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/queue_worker.md")]
#[proc_macro_derive(QueueWorker, attributes(command, subscription, worker, schedule))]
pub fn queue_worker(input: TokenStream) -> TokenStream {
    expand::handler(symbol::WORKER, &parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/schedule_handler.md")]
#[proc_macro_derive(ScheduleHandler, attributes(command, subscription, worker, schedule))]
pub fn schedule_handler(input: TokenStream) -> TokenStream {
    expand::handler(symbol::SCHEDULE, &parse_macro_input!(input as DeriveInput)).into()
}

#[doc = include_str!("../docs/resources.md")]
#[proc_macro_derive(Resources)]
pub fn resources(input: TokenStream) -> TokenStream {
    expand::resources(&parse_macro_input!(input as DeriveInput)).into()
}
