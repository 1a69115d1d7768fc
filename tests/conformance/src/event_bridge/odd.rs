//! E38: values that not every encoding has.

use std::collections::{BTreeMap, HashSet};

use pontoon::{FaultClass, InvokeError};

use crate::event_bridge::Rig;
use crate::system::contract::Odd;
use crate::topology::front;

/// What JSON carries as it is.
fn carried() -> [Odd; 4] {
    let wide = Odd {
        wide: (u64::MAX, i64::MIN, u128::MAX, i128::MIN),
        doubles: vec![0.1, -0.0, f64::MAX, f64::MIN_POSITIVE / 3.0, 1.0 / 3.0, 2.017_351_698_988_807e285, 1e23],
        singles: vec![0.1, f32::MIN_POSITIVE, f32::MAX, 16_777_217.0],
        ..Odd::default()
    };
    let maps = Odd {
        by_number: BTreeMap::from([(i64::MIN, "least".to_owned()), (-1, String::new()), (0, "none".to_owned())]),
        by_truth: BTreeMap::from([(true, 1), (false, 0)]),
        set: HashSet::from_iter(0..100),
        option: Some(0),
        nested: Some(Some(0)),
        ..Odd::default()
    };
    let texts = ["", "\u{0}", "\u{feff}\u{2028}\r\n", "\"\\/", "🦀", "null", "\u{10ffff}"].map(str::to_owned);
    let texts = Odd {
        texts: texts.into_iter().chain(["x".repeat(200_000)]).collect(),
        characters: vec!['\u{0}', '"', '\u{d7ff}', '\u{e000}', '🦀'],
        bytes: (0..=255).collect(),
        ..Odd::default()
    };
    [Odd::default(), wide, maps, texts]
}

/// What JSON makes something else of, or nothing; and where it says so.
fn refused() -> [(Odd, &'static str); 6] {
    let odd = Odd::default;
    [
        (Odd { doubles: vec![0.0, f64::NAN], ..odd() }, ".doubles[1]"),
        (Odd { doubles: vec![f64::NEG_INFINITY], ..odd() }, ".doubles[0]"),
        (Odd { singles: vec![f32::INFINITY], ..odd() }, ".singles[0]"),
        (Odd { by_pair: BTreeMap::from([((1, 2), 3)]), ..odd() }, ".by_pair"),
        (Odd { nested: Some(None), ..odd() }, ".nested"),
        (Odd { unit: Some(()), ..odd() }, ".unit"),
    ]
}

/// A value is the same on every route, or refused with its place, whatever is between the handlers.
///
/// # Panics
/// The adapter does not pass.
pub async fn e38_awkward_values(rig: Rig) {
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let client = front.client();
    for (seen, odd) in carried().into_iter().enumerate() {
        let answer = client.invoke(front::Mirror, odd.clone()).await.expect("an answer");
        let text = format!("{:?}", Odd { set: HashSet::new(), ..answer.clone() });
        assert_eq!(text, format!("{:?}", Odd { set: HashSet::new(), ..odd.clone() }), "floats to the bit");
        assert_eq!(answer.set, odd.set);
        let runs = rig.script.done("back.see", seen + 1).await;
        let event = &runs[seen].note.text;
        assert!(!odd.set.is_empty() || *event == format!("{odd:?}"), "{event}");
    }
    for (odd, place) in refused() {
        match client.invoke(front::Mirror, odd.clone()).await {
            Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::Malformed => {}
            other => panic!("{place}: {other:?}"),
        }
        let stub = pontoon::testing::Stub::new();
        let said = stub.state(crate::topology::state::Oddities).set("odd", &odd).await.unwrap_err().to_string();
        assert!(said.contains(place) && said.contains("contract::Odd"), "{place}: {said}");
    }
    assert_eq!(rig.script.runs("back.see").len(), carried().len());
    drop((front, side, back));
}
