//! What is wrong with something that a person wrote: place, cause and mend.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::window::Window;
use super::{Span, visible, visible_lines};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used, but probably does not mean what its author thinks.
    Warning,
}

/// One thing that is wrong with the user's input.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The cause, one sentence without a full stop.
    pub message: String,
    /// Where; `None` when there is no text to point at (a missing file, say).
    pub span: Option<Span>,
    /// A few words at the caret; may be empty.
    pub label: String,
    /// How to mend it, each a sentence.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(span: &Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            span: Some(span.clone()),
            label: String::new(),
            help: vec![],
        }
    }

    /// An error that has no place in a text.
    pub fn nowhere(message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), span: None, label: String::new(), help: vec![] }
    }

    /// The same, as a warning.
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Adds the words at the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a way to mend it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The diagnostic as people see it: file, line and column, the lines around with a caret, and the mend. Passwords in
    /// the lines are masked, and control characters are shown instead of obeyed.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let window = self.span.as_ref().map(|span| (span, Window::around(span)));
        let mut group = Group::with_title(level.primary_title(visible_lines(&self.message)));
        if let Some((span, window)) = &window {
            group = group.element(self.snippet(span, window));
        }
        for help in &self.help {
            group = group.element(Level::HELP.message(visible_lines(help)));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group]).to_string()
    }

    fn snippet<'a>(&'a self, span: &'a Span, window: &'a Window) -> Snippet<'a, Annotation<'a>> {
        let mut annotation = AnnotationKind::Primary.span(window.span.clone());
        if !self.label.is_empty() {
            annotation = annotation.label(visible(&self.label));
        }
        let source = Snippet::source(window.text.as_str()).path(visible(span.file.name()));
        source.line_start(window.first_line).fold(false).annotation(annotation)
    }
}
