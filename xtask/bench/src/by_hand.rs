//! The handlers of `front.outer` and `back.inner` as one would wire them without Pontoon.

use crate::contract::{Answer, Question};
use pontoon::Error;

/// Asks its inner.
#[derive(Debug)]
pub struct Outer {
    /// Whom it asks.
    pub inner: Inner,
}

impl Outer {
    /// As [`crate::front::Outer`].
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
