//! A page of the book as a list of lines, and what is found in it: blocks of code with the comment above them that says
//! where they come from, headings and links.

use std::path::{Path, PathBuf};

/// A page, or another Markdown file of the repository.
pub struct Page {
    /// Relative to the repository.
    pub path: PathBuf,
    /// Its lines.
    pub lines: Vec<String>,
}

/// A block of code between fences.
pub struct Block {
    /// The index of the opening fence.
    pub fence: usize,
    /// The index of the closing fence.
    pub end: usize,
    /// The word behind the opening fence.
    pub language: String,
    /// What the comment on the line above says.
    pub marker: Option<String>,
    /// The lines between the fences.
    pub text: Vec<String>,
}

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages of the book that lie in `docs`, in order.
pub fn book() -> Vec<Page> {
    let entries = std::fs::read_dir(root().join("docs")).expect("the folder of the book");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    names.sort();
    names.iter().map(|name| Page::read(&format!("docs/{name}"))).collect()
}

/// Whether files are to be rewritten instead of compared.
pub fn blesses() -> bool {
    std::env::var("POLYSPEC_BOOK").is_ok_and(|value| value == "bless")
}

impl Page {
    /// Reads a file of the repository.
    pub fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.into(), lines: text.lines().map(str::to_string).collect() }
    }

    /// The place of a line, for messages.
    pub fn place(&self, index: usize) -> String {
        format!("{}:{}", self.path.display(), index + 1)
    }

    /// The folder of the page, relative to the repository.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Every block of code.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = vec![];
        let mut from = 0;
        while let Some(block) = self.block_from(from) {
            from = block.end + 1;
            blocks.push(block);
        }
        blocks
    }

    fn block_from(&self, from: usize) -> Option<Block> {
        let is_fence = |line: &String| line.starts_with("```");
        let fence = from + self.lines[from..].iter().position(is_fence)?;
        let length = self.lines[fence + 1..].iter().position(is_fence);
        let end = fence + 1 + length.unwrap_or_else(|| panic!("{}: the block does not end", self.place(fence)));
        let above = fence.checked_sub(1).map(|index| self.lines[index].as_str());
        let marker = above.and_then(|line| line.strip_prefix("<!-- ")?.strip_suffix(" -->"));
        Some(Block {
            fence,
            end,
            language: self.lines[fence].trim_start_matches('`').to_string(),
            marker: marker.map(str::to_string),
            text: self.lines[fence + 1..end].to_vec(),
        })
    }

    /// The lines that are prose, with their indices.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let blocks = self.blocks();
        let in_block = |index: &usize| blocks.iter().any(|block| (block.fence..=block.end).contains(index));
        let lines = self.lines.iter().enumerate().filter(|(index, _)| !in_block(index));
        lines.map(|(index, line)| (index, line.as_str())).collect()
    }

    /// Puts other lines into a block and writes the file.
    pub fn rewrite(&mut self, block: &Block, text: Vec<String>) {
        self.lines.splice(block.fence + 1..block.end, text);
        std::fs::write(root().join(&self.path), self.lines.join("\n") + "\n").expect("the page is written");
    }
}
