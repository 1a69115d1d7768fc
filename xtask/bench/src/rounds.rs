//! Measuring on a shared, noisy machine: things take turns in rounds, and what counts are medians.

use std::time::{Duration, Instant};

/// What can go wrong while measuring; it ends the run.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Measures all of `things` once in every round, in another order each time, and gives the median of each.
///
/// # Errors
/// The first error of any of them.
pub(crate) fn medians<const N: usize>(
    rounds: usize,
    things: &mut [&mut dyn FnMut() -> Result<f64, Error>; N],
) -> Result<[f64; N], Error> {
    let mut measured: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for round in 0..rounds {
        for turn in 0..N {
            let turn = (round + turn) % N;
            measured[turn].push(things[turn]()?);
        }
    }
    Ok(measured.map(median))
}

/// Two ways to do the same.
pub(crate) struct Compared {
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
    /// Ours by theirs: the median of what the rounds gave, as both sides of one round had the same noise around them.
    pub(crate) ratio: f64,
}

/// Measures both ways once in every round, each first in every other one, and gives the medians. What comes before the
/// first round warms up.
///
/// # Errors
/// The first error of either of them.
pub(crate) fn compare(
    rounds: usize,
    ours: &mut dyn FnMut() -> Result<f64, Error>,
    theirs: &mut dyn FnMut() -> Result<f64, Error>,
) -> Result<Compared, Error> {
    Ok(Compared::of(&in_rounds(rounds, ours, theirs)?, |measured| *measured))
}

/// What one operation over a broker takes, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) clock: f64,
    /// Of all that take part.
    pub(crate) cpu: f64,
    /// Of that, the broker's.
    pub(crate) broker: f64,
}

/// Two ways to do the same over a broker, by the clock and in CPU time.
pub(crate) struct ComparedCosts {
    pub(crate) clock: Compared,
    pub(crate) cpu: Compared,
    pub(crate) broker: Compared,
}

/// [`compare`] of what is measured in two ways.
///
/// # Errors
/// The first error of either of them.
pub(crate) fn compare_costs(
    rounds: usize,
    ours: &mut dyn FnMut() -> Result<Cost, Error>,
    theirs: &mut dyn FnMut() -> Result<Cost, Error>,
) -> Result<ComparedCosts, Error> {
    let pairs = in_rounds(rounds, ours, theirs)?;
    Ok(ComparedCosts {
        clock: Compared::of(&pairs, |cost| cost.clock),
        cpu: Compared::of(&pairs, |cost| cost.cpu),
        broker: Compared::of(&pairs, |cost| cost.broker),
    })
}

/// Measures both ways once in every round, as [`compare`] does, and gives what each round found.
///
/// # Errors
/// The first error of either of them.
pub(crate) fn in_rounds<T>(
    rounds: usize,
    ours: &mut dyn FnMut() -> Result<T, Error>,
    theirs: &mut dyn FnMut() -> Result<T, Error>,
) -> Result<Vec<(T, T)>, Error> {
    let mut all = Vec::with_capacity(rounds);
    for round in 0..=rounds {
        let pair = if round % 2 == 0 {
            let ours = ours()?;
            (ours, theirs()?)
        } else {
            let theirs = theirs()?;
            (ours()?, theirs)
        };
        if round > 0 {
            all.push(pair);
        }
    }
    Ok(all)
}

impl Compared {
    /// Compares one value of what was measured in rounds.
    pub(crate) fn of<T>(pairs: &[(T, T)], value: impl Fn(&T) -> f64) -> Self {
        Self {
            ours: median(pairs.iter().map(|(ours, _)| value(ours)).collect()),
            theirs: median(pairs.iter().map(|(_, theirs)| value(theirs)).collect()),
            ratio: median(pairs.iter().map(|(ours, theirs)| value(ours) / value(theirs)).collect()),
        }
    }
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How long `work` took, in seconds, unless it failed.
pub(crate) fn seconds<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<f64, Error> {
    let start = Instant::now();
    let done = work()?;
    let took = start.elapsed();
    // Tearing the result down is not part of it.
    drop(done);
    Ok(took.as_secs_f64())
}

/// A time as a person reads it.
pub(crate) fn shown(seconds: f64) -> String {
    let time = Duration::from_secs_f64(seconds);
    if seconds < 1e-6 {
        format!("{:.1} ns", seconds * 1e9)
    } else if time < Duration::from_millis(1) {
        format!("{:.1} µs", seconds * 1e6)
    } else if time < Duration::from_secs(1) {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

/// A rate as a person reads it, from the time that one thing takes.
pub(crate) fn rate(seconds: f64) -> String {
    let rate = 1.0 / seconds;
    if rate < 1e4 { format!("{rate:.0}/s") } else { format!("{:.1} k/s", rate / 1e3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), 5.0);
        assert_eq!(median(vec![2.0]), 2.0);
    }

    #[test]
    fn everything_has_its_turn_in_every_round() -> Result<(), Error> {
        let (mut first, mut second) = (0.0, 10.0);
        let medians = medians(
            3,
            &mut [
                &mut || {
                    first += 1.0;
                    Ok(first)
                },
                &mut || {
                    second += 1.0;
                    Ok(second)
                },
            ],
        )?;
        assert_eq!(medians, [2.0, 12.0]);
        Ok(())
    }

    #[test]
    fn what_is_slow_by_turns_is_compared_with_what_stood_beside_it() -> Result<(), Error> {
        let noise = [1.0, 1.0, 9.0, 2.0, 5.0, 7.0];
        let turns = || noise.into_iter();
        let (mut first, mut second) = (turns(), turns());
        let compared =
            compare(5, &mut || first.next().map(|noise| 3.0 * noise).ok_or_else(|| "six turns".into()), &mut || {
                second.next().map(|noise| 2.0 * noise).ok_or_else(|| "six turns".into())
            })?;
        assert_eq!((compared.ours, compared.theirs, compared.ratio), (15.0, 10.0, 1.5));
        Ok(())
    }

    #[test]
    fn times_have_the_unit_that_fits() {
        assert_eq!(shown(12.3e-9), "12.3 ns");
        assert_eq!(shown(4.5e-3), "4.5 ms");
        assert_eq!(shown(2.0), "2.00 s");
        assert_eq!(rate(1.0 / 1234.0), "1234/s");
        assert_eq!(rate(1.0 / 56_780.0), "56.8 k/s");
    }
}
