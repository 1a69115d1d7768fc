//! Somebody outside: signs people up over the bridge of PONTOON_ENV, and looks whether everybody owes exactly one fee.
//!
//! `shop-visitor sign-up FIRST LAST` · `shop-visitor check FIRST LAST`

pontoon::topology!();

use std::process::ExitCode;
use std::time::Duration;

use pontoon::InvokeError;
use shop_contract::{NewUser, SignUpRejected, UserId};

use crate::topology::client::{self, Client};
use crate::topology::{billing, user};

#[tokio::main]
async fn main() -> pontoon::Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, first, last] = &words[..] else { return Ok(usage()) };
    let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) else { return Ok(usage()) };
    let environment = std::env::var("PONTOON_ENV").unwrap_or_default();
    let client = client::connect(&environment).await?.timeout(Duration::from_secs(10));
    let done = match what.as_str() {
        "sign-up" => sign_up(&client, first..=last).await,
        "check" => check(&client, first..=last).await,
        _ => return Ok(usage()),
    };
    client.close().await;
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn usage() -> ExitCode {
    eprintln!("shop-visitor sign-up FIRST LAST\nshop-visitor check FIRST LAST\n\nPONTOON_ENV names the environment.");
    ExitCode::from(2)
}

fn address(number: u32) -> String {
    format!("visitor{number}@example.com")
}

/// Signs everybody up. Who gets no answer tries again; who had got through is told so.
async fn sign_up(client: &Client, numbers: impl IntoIterator<Item = u32>) -> bool {
    let (mut signed_up, mut all) = (0, 0);
    for number in numbers {
        all += 1;
        let new = NewUser { name: format!("Visitor {number}"), email: address(number) };
        for attempt in 1..=10 {
            match client.invoke(user::SignUp, new.clone()).await {
                Ok(_) | Err(InvokeError::Rejected(SignUpRejected::EmailTaken)) => {
                    signed_up += 1;
                    break;
                }
                Err(fault) => println!("visitor {number}, attempt {attempt}: {fault}"),
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    println!("{signed_up} of {all} signed up");
    signed_up == all
}

/// Whether everybody owes exactly one fee, once the events have had their time.
async fn check(client: &Client, numbers: impl IntoIterator<Item = u32>) -> bool {
    let mut wrong: Vec<u32> = numbers.into_iter().collect();
    let all = wrong.len();
    for _ in 0..60 {
        let mut still = Vec::new();
        for number in wrong {
            let account = client.invoke(billing::Owes, UserId(address(number))).await;
            if !matches!(&account, Ok(Some(account)) if account.fees == 1) {
                still.push(number);
            }
        }
        wrong = still;
        if wrong.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("{} of {all} owe exactly one fee", all - wrong.len());
    if !wrong.is_empty() {
        println!("not so: {wrong:?}");
    }
    wrong.is_empty()
}
