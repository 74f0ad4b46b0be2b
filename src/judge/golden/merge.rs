//! A new golden file from the old one, with some sections replaced, added or taken away; streaming.

use std::io::{self, BufRead, Read, Write};

use super::sections::text_of;
use super::text::{MAGIC, SECTION, file_header, section_header};

/// What becomes of one section.
pub struct Change<'a> {
    /// Its name.
    pub name: String,
    /// Its new body; `None` takes the section away.
    pub body: Option<&'a mut dyn Read>,
}

/// Writes the golden of `scenario`: the sections of `old` in their order, each with its new body if there is one, then new
/// sections in the order of `changes`.
///
/// # Errors
/// Those of the readers and the writer; `InvalidData` when `old` is not UTF-8.
pub fn merge(
    old: Option<&mut dyn BufRead>,
    scenario: &str,
    changes: &mut [Change<'_>],
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{}", file_header(scenario))?;
    let mut done = vec![false; changes.len()];
    if let Some(old) = old {
        copy_old(old, changes, &mut done, out)?;
    }
    for (change, done) in changes.iter_mut().zip(done) {
        if !done {
            write_section(change, out)?;
        }
    }
    out.flush()
}

fn copy_old(
    old: &mut dyn BufRead,
    changes: &mut [Change<'_>],
    done: &mut [bool],
    out: &mut impl Write,
) -> io::Result<()> {
    let (mut line, mut number, mut copying) = (Vec::new(), 0, true);
    loop {
        line.clear();
        if old.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        let text = text_of(&line, number)?;
        if text.starts_with(SECTION) {
            let changed = changes.iter().position(|change| section_header(&change.name) == text);
            copying = changed.is_none();
            if let Some(changed) = changed {
                write_section(&mut changes[changed], out)?;
                done[changed] = true;
            }
        }
        if copying && !(number == 1 && text.starts_with(MAGIC)) {
            writeln!(out, "{text}")?;
        }
    }
}

fn write_section(change: &mut Change<'_>, out: &mut impl Write) -> io::Result<()> {
    let Some(body) = &mut change.body else { return Ok(()) };
    writeln!(out, "{}", section_header(&change.name))?;
    let mut last = LastByte { out, last: b'\n' };
    io::copy(body, &mut last)?;
    if last.last != b'\n' { writeln!(out) } else { Ok(()) }
}

/// Remembers how the body ended, so that the next section begins on a line of its own.
struct LastByte<'a, W: Write> {
    out: &'a mut W,
    last: u8,
}

impl<W: Write> Write for LastByte<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        if let Some(byte) = bytes[..written].last() {
            self.last = *byte;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::golden::Sections;

    const OLD: &str = "# polyspec golden 1: s.yaml\n== one\n1\n== two\n2\n== three\n3\n";

    fn merged(old: Option<&str>, changes: &[(&str, Option<&str>)]) -> String {
        let mut bodies: Vec<Option<&[u8]>> = changes.iter().map(|(_, body)| body.map(str::as_bytes)).collect();
        let mut changes: Vec<Change> = changes
            .iter()
            .zip(&mut bodies)
            .map(|((name, _), body)| Change {
                name: name.to_string(),
                body: body.as_mut().map(|body| body as &mut dyn Read),
            })
            .collect();
        let (mut out, mut reader) = (Vec::new(), old.map(str::as_bytes));
        let old = reader.as_mut().map(|reader| reader as &mut dyn BufRead);
        merge(old, "s.yaml", &mut changes, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_section_is_replaced_in_its_place_and_the_others_stay() {
        let text = merged(Some(OLD), &[("two", Some("new\nlines\n"))]);
        assert_eq!(text, OLD.replace("== two\n2\n", "== two\nnew\nlines\n"));
    }

    #[test]
    fn a_new_section_comes_last_and_one_without_a_body_goes() {
        let text = merged(Some(OLD), &[("four", Some("4")), ("one", None)]);
        assert_eq!(text, "# polyspec golden 1: s.yaml\n== two\n2\n== three\n3\n== four\n4\n");
    }

    #[test]
    fn a_file_is_made_when_there_is_none() {
        let text = merged(None, &[("a\nb", Some("1\n")), ("empty", Some(""))]);
        assert_eq!(text, "# polyspec golden 1: s.yaml\n== a\\nb\n1\n== empty\n");
        let sections = Sections::index(text.as_bytes()).unwrap();
        assert!(sections.find("a\nb").is_some() && sections.find("empty").is_some());
    }

    #[test]
    fn exact_types_are_still_asked_for() {
        let old = OLD.replace("== one", "# types: exact\n== one");
        assert_eq!(merged(Some(&old), &[("one", Some("new\n"))]), old.replace("one\n1\n", "one\nnew\n"));
    }

    #[test]
    fn nothing_to_change_changes_nothing() {
        assert_eq!(merged(Some(OLD), &[]), OLD);
    }
}
