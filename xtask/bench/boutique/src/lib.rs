//! Online Boutique: a shop of ten services, whose handlers call what those of the original call, and build their
//! answers without any work of their own.

pub mod ad;
pub mod cart;
pub mod checkout;
pub mod contract;
pub mod currency;
pub mod email;
pub mod frontend;
pub mod payment;
pub mod product_catalog;
pub mod recommendation;
pub mod shipping;

pontoon::topology!();
