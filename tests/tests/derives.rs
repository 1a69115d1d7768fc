//! The derives: what they take, and what the user is told about what they do not take.
//!
//! `derives/*.rs` are crates with one mistake each, around which everything is right, so that each must show one error:
//! trybuild compares with the `.stderr` beside it, and `TRYBUILD=overwrite` writes that anew.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]
#![allow(unreachable_pub, reason = "generated code names these in public types")]

use std::env;
use std::process::Command;

use pontoon::Launch;

use crate::topology::monolith::Monolith;

include!("../derives/shop/mod.rs");

mod user {
    use pontoon::{CommandHandler, Error, Resources};

    use crate::contract::{Mailer, NewUser, SignUpRejected, UserId};
    use crate::topology::{event, user};

    #[derive(Resources)]
    pub struct Resources(pub Mailer, pub u64);

    /// A tuple struct that takes one resource twice.
    #[derive(CommandHandler)]
    #[command(user.sign_up)]
    pub struct SignUp(Mailer, u64, u64);

    impl SignUp {
        async fn handle(
            &self,
            ctx: &impl user::sign_up::Context,
            input: NewUser,
        ) -> Result<UserId, Error<SignUpRejected>> {
            let Self(_mailer, first, second) = self;
            if input.email.is_empty() {
                Err(SignUpRejected)?;
            }
            ctx.emit(event::SignedUp, UserId(*first)).await?;
            Ok(UserId(first + second))
        }
    }
}

#[tokio::test]
async fn handlers_take_their_place_and_their_resources() -> pontoon::Result<()> {
    let resources = topology::monolith::Resources {
        user: user::Resources(contract::Mailer, 21),
        report_v1: others::v1::Resources,
        report_v2: others::v2::Resources,
    };
    let shop = Launch::<Monolith>::new(resources).in_memory().variables([("PASSWORD", "letmein")]).start().await?;
    let client = shop.client();

    let signed_up = client.invoke(topology::user::SignUp, contract::NewUser { email: "a@b.c".into() }).await;
    assert_eq!(signed_up.map(|id| id.0).ok(), Some(42));

    let refused = client.invoke(topology::user::SignUp, contract::NewUser { email: String::new() }).await;
    assert!(matches!(refused, Err(pontoon::InvokeError::Rejected(contract::SignUpRejected))));

    shop.shutdown().await?;
    Ok(())
}

/// Which cases the run of trybuild in this process takes; the tests below start it with other ones.
const CASES: &str = "DERIVES_CASES";

#[test]
fn each_mistake_is_one_error_at_its_place() {
    let cases = env::var(CASES).unwrap_or_else(|_| "derives/*.rs".to_owned());
    trybuild::TestCases::new().compile_fail(cases);
}

#[test]
fn a_crate_without_a_build_script_is_told_to_have_one() {
    run("derives/without/build_script.rs", |test| test.env_remove("PONTOON_HANDOVER"));
}

#[test]
fn a_handover_that_is_not_there_is_named() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/derives/without/nothing.txt");
    run("derives/without/unreadable.rs", |test| test.env("PONTOON_HANDOVER", path));
}

#[test]
fn a_handover_of_another_version_is_named() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/derives/without/malformed.txt");
    run("derives/without/malformed.rs", |test| test.env("PONTOON_HANDOVER", path));
}

/// Runs the cases in a process with another environment, since this one's can't be changed in safe Rust.
fn run(cases: &str, environment: impl FnOnce(&mut Command) -> &mut Command) {
    let mut test = Command::new(env::current_exe().expect("the path of this test"));
    test.env(CASES, cases).args(["--exact", "each_mistake_is_one_error_at_its_place"]);
    let output = environment(&mut test).output().expect("this test runs again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
