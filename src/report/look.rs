//! How text for people looks: colours, the width of a line, and how much is shown.

/// How text for people looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether colours are used. The caller has asked `NO_COLOR` and the terminal.
    pub color: bool,
    /// Columns of a line.
    pub width: usize,
    /// Whether long texts are shown whole.
    pub verbose: bool,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ink {
    /// As it should be; an added line.
    Good,
    /// Wrong; a missing line.
    Bad,
    /// Broken, or nothing was proven.
    Odd,
    /// Less important.
    Dim,
    /// A name.
    Bold,
    /// A changed cell on a missing line.
    BadMark,
    /// A changed cell on an added line.
    GoodMark,
}

impl Ink {
    /// The parameters of SGR (ECMA-48, 8.3.117).
    fn sgr(self) -> &'static str {
        match self {
            Ink::Good => "32",
            Ink::Bad => "31",
            Ink::Odd => "33",
            Ink::Dim => "2",
            Ink::Bold => "1",
            Ink::BadMark => "1;7;31",
            Ink::GoodMark => "1;7;32",
        }
    }
}

impl Look {
    /// Without colours, for files.
    pub fn plain(width: usize) -> Self {
        Self { color: false, width, verbose: false }
    }

    /// The text in this ink.
    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{}m{text}\x1b[0m", ink.sgr()) } else { text.to_string() }
    }
}

/// A time in words: `312 ms`, `8.2 s`, `2 min 3 s`.
pub(super) fn duration(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms if ms < 59_950.0 => format!("{:.1} s", ms / 1000.0),
        ms => {
            let seconds = (ms / 1000.0).round() as u64;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// `1 scenario`, `2 scenarios`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_unit_that_fits() {
        let told = [0.4, 312.0, 999.6, 8_240.0, 59_960.0, 123_000.0].map(duration);
        assert_eq!(told, ["0 ms", "312 ms", "1.0 s", "8.2 s", "1 min 0 s", "2 min 3 s"]);
    }
}
