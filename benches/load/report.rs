//! Figures: each a printed line, and a row of `target/bench.json`.

use serde_json::{Value, json};

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Aim {
    /// No aim: the figure is there to be known.
    None,
    /// The value stays below this.
    Below(f64),
    /// The ratio to the yardstick reaches this.
    RatioAtLeast(f64),
    /// The ratio to the yardstick does not pass this.
    RatioAtMost(f64),
}

/// Every figure of the run.
#[derive(Default)]
pub struct Report(Vec<Value>);

impl Report {
    /// A figure by itself.
    pub fn value(&mut self, name: &str, value: f64, unit: &str, aim: Aim) {
        self.row(name, value, unit, None, aim);
    }

    /// A figure beside its yardstick, in the same unit.
    pub fn beside(&mut self, name: &str, value: f64, unit: &str, yardstick: f64, aim: Aim) {
        self.row(name, value, unit, Some(yardstick), aim);
    }

    fn row(&mut self, name: &str, value: f64, unit: &str, yardstick: Option<f64>, aim: Aim) {
        let ratio = yardstick.map(|yardstick| value / yardstick);
        let (text, met) = match aim {
            Aim::None => (None, true),
            Aim::Below(limit) => (Some(format!("value < {limit}")), value < limit),
            Aim::RatioAtLeast(limit) => (
                Some(format!("ratio >= {limit}")),
                ratio.is_some_and(|ratio| ratio >= limit),
            ),
            Aim::RatioAtMost(limit) => (
                Some(format!("ratio <= {limit}")),
                ratio.is_some_and(|ratio| ratio <= limit),
            ),
        };
        let mut line = format!("{name:<58} {:>10} {unit}", short(value));
        if let (Some(yardstick), Some(ratio)) = (yardstick, ratio) {
            line += &format!("  yardstick {}  ratio {ratio:.2}", short(yardstick));
        }
        if let Some(text) = &text {
            line += &format!("  aim {text}: {}", if met { "met" } else { "MISSED" });
        }
        println!("{line}");
        self.0.push(json!({
            "name": name,
            "value": rounded(value),
            "unit": unit,
            "yardstick": yardstick.map(rounded),
            "ratio": ratio.map(rounded),
            "aim": text,
            "met": met,
        }));
    }

    /// Writes the rows down.
    pub fn finish(self) {
        let path = crate::worlds::target().join("bench.json");
        let missed = self.0.iter().filter(|row| row["met"] == false).count();
        let text = serde_json::to_string_pretty(&self.0).unwrap();
        std::fs::write(&path, text + "\n").unwrap();
        println!("\n{} figures, {missed} aims missed", self.0.len());
    }
}

fn rounded(value: f64) -> f64 {
    let scale = if value.abs() >= 100.0 { 10.0 } else { 1_000.0 };
    (value * scale).round() / scale
}

fn short(value: f64) -> String {
    if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

/// The middle one of several rounds.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
