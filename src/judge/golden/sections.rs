//! Where the sections of a golden file lie.

use std::io::{self, BufRead};

use super::text::{EXACT, MAGIC, SECTION, section_header};
use crate::source::BYTE_ORDER_MARK;

/// The index of a golden file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sections {
    /// The scenario that the file belongs to, as its first line says.
    pub scenario: String,
    /// Whether its rows are compared character by character, and their types by name.
    pub exact: bool,
    /// The sections in order.
    pub sections: Vec<Section>,
}

/// One section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// The 1-based line of its header in the file.
    pub line: usize,
    /// The byte at which its body begins, the line after its header.
    pub offset: u64,
    /// The bytes of its body.
    pub length: u64,
}

impl Sections {
    /// Reads a golden file once, a line at a time.
    ///
    /// # Errors
    /// Those of the reader; `InvalidData` when the file is not a golden, or has a section twice.
    pub fn index(mut reader: impl BufRead) -> io::Result<Self> {
        let mut sections = Self::default();
        let (mut offset, mut number, mut line) = (0, 0, Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)? as u64;
            if length == 0 {
                break;
            }
            number += 1;
            offset += length;
            sections.add(text_of(&line, number)?, number, offset, length)?;
        }
        if number == 0 {
            return Err(invalid(1, "a golden file is empty"));
        }
        Ok(sections)
    }

    /// The section of that name.
    pub fn find(&self, name: &str) -> Option<&Section> {
        let header = section_header(name);
        self.sections.iter().find(|section| header.strip_prefix(SECTION) == Some(&section.name))
    }

    fn add(&mut self, line: &str, number: usize, offset: u64, length: u64) -> io::Result<()> {
        if number == 1 {
            let scenario = line.strip_prefix(MAGIC).ok_or_else(|| {
                invalid(1, &format!("a golden file of this version begins with `{MAGIC}` and the scenario's path"))
            })?;
            self.scenario = scenario.to_string();
        } else if number == 2 && line == EXACT {
            self.exact = true;
        } else if let Some(name) = line.strip_prefix(SECTION) {
            if self.sections.iter().any(|section| section.name == name) {
                return Err(invalid(number, &format!("the section `{name}` is there twice")));
            }
            self.sections.push(Section { name: name.to_string(), line: number, offset, length: 0 });
        } else if let Some(section) = self.sections.last_mut() {
            section.length += length;
        } else {
            return Err(invalid(
                number,
                &format!("this line is in no section: a section begins with `{SECTION}` and its name"),
            ));
        }
        Ok(())
    }
}

/// A line without its end; the first one without a byte order mark.
pub(super) fn text_of(line: &[u8], number: usize) -> io::Result<&str> {
    let text = std::str::from_utf8(without_end(line)).map_err(|_| invalid(number, "a golden file is UTF-8"))?;
    Ok(if number == 1 { text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text) } else { text })
}

/// The bytes of a line without its end.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn invalid(line: usize, message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {line}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# polyspec golden 1: a/b.yaml\n== one\nx:int4\n1\n== two\n(none)\n== empty\n";

    #[test]
    fn sections_are_found_by_name_with_the_bytes_of_their_bodies() {
        let sections = Sections::index(FILE.as_bytes()).unwrap();
        assert_eq!(sections.scenario, "a/b.yaml");
        let body = |name| {
            let section = sections.find(name).unwrap();
            &FILE[section.offset as usize..(section.offset + section.length) as usize]
        };
        assert_eq!((body("one"), body("two"), body("empty")), ("x:int4\n1\n", "(none)\n", ""));
        assert_eq!(sections.find("two").unwrap().line, 5);
        assert_eq!(sections.find("three"), None);
    }

    #[test]
    fn a_golden_may_ask_for_exact_types_in_its_second_line_alone() {
        let exact = "# polyspec golden 1: a\n# types: exact\n== s\n1\n";
        let sections = Sections::index(exact.as_bytes()).unwrap();
        assert!(sections.exact && sections.find("s").unwrap().line == 3);
        assert!(!Sections::index(FILE.as_bytes()).unwrap().exact);
        assert!(Sections::index("# polyspec golden 1: a\n# types: any\n".as_bytes()).is_err());
    }

    #[test]
    fn what_is_no_golden_is_refused_with_its_line() {
        let error = |text: &str| Sections::index(text.as_bytes()).unwrap_err().to_string();
        assert!(error("").contains("empty"));
        assert!(error("# polyspec golden 2: a\n").contains("this version"));
        assert!(error("# polyspec golden 1: a\nstray\n").starts_with("line 2: this line is in no section"));
        assert!(error("# polyspec golden 1: a\n== s\n== s\n").starts_with("line 3: the section `s` is there twice"));
        assert!(Sections::index(&b"\xff\n"[..]).is_err());
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_line() {
        let marked = format!("{BYTE_ORDER_MARK}{FILE}");
        let sections = Sections::index(marked.as_bytes()).unwrap();
        assert_eq!(sections.scenario, "a/b.yaml");
        let one = sections.find("one").unwrap();
        assert_eq!(&marked[one.offset as usize..(one.offset + one.length) as usize], "x:int4\n1\n");
    }

    #[test]
    fn line_ends_of_windows_are_read() {
        let sections = Sections::index("# polyspec golden 1: a\r\n== s\r\nx\r\n".as_bytes()).unwrap();
        assert_eq!((sections.scenario.as_str(), sections.sections[0].name.as_str()), ("a", "s"));
    }
}
