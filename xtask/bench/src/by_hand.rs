//! The handlers of `front.drive`, `front.outer` and `back.inner` as one would wire them without Pontoon.

use crate::contract::{Answer, Calls, Question};
use pontoon::Error;
use std::hint::black_box;

/// Asks its outer many times.
#[derive(Debug)]
pub struct Drive {
    /// Whom it asks.
    pub outer: Outer,
}

impl Drive {
    /// As [`crate::front::Drive`].
    ///
    /// # Errors
    /// None; it has the signature of a handler.
    pub async fn handle(&self, calls: Calls) -> Result<Answer, Error> {
        let mut number = 0;
        for call in 0..calls.calls {
            let question = Question { number: black_box(call) };
            number ^= black_box(self.outer.handle(question).await?).number;
        }
        Ok(Answer { number })
    }
}

/// Asks its inner.
#[derive(Debug)]
pub struct Outer {
    /// Whom it asks.
    pub inner: Inner,
}

impl Outer {
    /// As [`crate::front::Outer`].
    ///
    /// # Errors
    /// None; it has the signature of a handler.
    pub async fn handle(&self, question: Question) -> Result<Answer, Error> {
        let answer = self.inner.handle(Question { number: question.number + 1 }).await?;
        Ok(Answer { number: answer.number ^ question.number })
    }
}

/// Answers.
#[derive(Debug)]
pub struct Inner;

impl Inner {
    async fn handle(&self, question: Question) -> Result<Answer, Error> {
        Ok(Answer { number: question.number.rotate_left(7) })
    }
}
