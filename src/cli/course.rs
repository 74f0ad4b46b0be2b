//! The submissions of a course: a folder for each with what was graded, written when it is known, so that a run that was
//! killed goes on where it was.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::grade::Grading;
use crate::report::grading::{Kind, course, statistics, write_atomically};
use crate::run::{Baseline, Submission};

/// The file of a submission that says what was graded.
const KEPT: &str = "grading.json";

/// A folder of graded submissions.
pub(super) struct Course {
    folder: PathBuf,
    suite: String,
}

/// A grading, and of what.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The hash of the submission's files.
    digest: String,
    /// The hash of the suite's files and of the selection.
    suite: String,
    grading: Grading,
}

impl Course {
    /// Makes the folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(folder: &Path, baseline: &Baseline) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_path_buf(), suite: baseline.key() })
    }

    /// What was graded before, of the same files by the same suite, when nothing was left out.
    pub fn kept(&self, submission: &Submission) -> Option<Grading> {
        let kept: Kept = serde_json::from_slice(&fs::read(self.place(submission).join(KEPT)).ok()?).ok()?;
        let same = kept.digest == submission.digest && kept.suite == self.suite && kept.grading.scorecard.complete;
        same.then_some(kept.grading)
    }

    /// Writes the reports of a submission; what is kept of it comes last.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn keep(&self, submission: &Submission, grading: &Grading) -> io::Result<()> {
        let place = self.place(submission);
        for (kind, name) in
            [(Kind::Markdown, "feedback.md"), (Kind::Gradescope, "results.json"), (Kind::JUnit, "junit.xml")]
        {
            kind.write(grading, &place.join(name))?;
        }
        let kept = Kept { digest: submission.digest.clone(), suite: self.suite.clone(), grading: grading.clone() };
        write_atomically(&place.join(KEPT), &serde_json::to_vec(&kept)?)
    }

    /// Writes the tables of all; where that of the points is.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn table(&self, gradings: &[Grading]) -> io::Result<PathBuf> {
        write_atomically(&self.folder.join("requirements.csv"), statistics(gradings)?.as_bytes())?;
        let path = self.folder.join("grades.csv");
        write_atomically(&path, course(gradings)?.as_bytes())?;
        Ok(path)
    }

    fn place(&self, submission: &Submission) -> PathBuf {
        self.folder.join(&submission.name)
    }
}
