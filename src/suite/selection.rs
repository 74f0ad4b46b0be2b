//! Which runs of which scenarios are wanted.

use std::path::Path;

use super::Suite;
use super::pattern::Pattern;
use super::runs::Run;
use crate::language::suggest::nearest;
use crate::source::Diagnostic;

/// Which runs are wanted. The default is all but the hidden ones.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// A run is wanted if one of these names it; none means all. Each is a part of a name, a glob (`*`, `?`, `**`), a whole
    /// name (`path`, `path#case`), or a file or folder on the disk.
    pub names: Vec<String>,
    /// Only whole names count.
    pub exact: bool,
    /// A run is wanted if it has one of these tags; none means all.
    pub tags: Vec<String>,
    /// A run is wanted if it cites one of these requirements, or one below it: `P2` is all of `P2.1`, `P2.2`, ….
    pub requirements: Vec<String>,
    /// Names, as above, that are not wanted.
    pub exclude: Vec<String>,
    /// The `k`-th of `n` parts of what is wanted, `k` from 1. Which part a run is in follows from its name alone.
    pub shard: Option<(u32, u32)>,
    /// The order is shuffled with this seed.
    pub shuffle: Option<u64>,
    /// Hidden scenarios too.
    pub hidden: bool,
}

/// What a selection left.
pub(super) struct Selected {
    pub runs: Vec<Run>,
    pub filtered_out: usize,
    pub warnings: Vec<Diagnostic>,
}

impl Selection {
    /// The patterns of `names`.
    pub(super) fn patterns(&self, cwd: &Path) -> Vec<Pattern> {
        self.names.iter().map(|name| Pattern::new(name, self.exact, cwd)).collect()
    }

    /// The wanted ones of `runs`, in their order or shuffled.
    pub(super) fn choose(&self, suite: &Suite, runs: Vec<Run>) -> Result<Selected, Vec<Diagnostic>> {
        let names = self.patterns(&suite.files.cwd);
        let exclude: Vec<_> = self.exclude.iter().map(|name| Pattern::new(name, false, &suite.files.cwd)).collect();
        let errors = self.mistakes(suite, &runs, &names);
        if !errors.is_empty() {
            return Err(errors);
        }
        let idle = exclude.iter().filter(|pattern| !runs.iter().any(|run| named(suite, pattern, run)));
        let warnings = idle.map(|pattern| nothing_called(pattern, &runs).warning()).collect();
        let total = runs.len();
        let wanted = |run: &Run| {
            (names.is_empty() || names.iter().any(|pattern| named(suite, pattern, run)))
                && !exclude.iter().any(|pattern| named(suite, pattern, run))
                && (self.hidden || !run.scenario.hidden)
                && has_tag(&self.tags, run)
                && cites(&self.requirements, run)
        };
        let chosen: Vec<Run> = runs.into_iter().filter(wanted).collect();
        if chosen.is_empty() {
            return Err(vec![self.nothing_left(total)]);
        }
        let runs = self.shuffled(self.part(chosen)?);
        Ok(Selected { filtered_out: total - runs.len(), runs, warnings })
    }

    /// Names, tags and requirements that nothing has.
    fn mistakes(&self, suite: &Suite, runs: &[Run], names: &[Pattern]) -> Vec<Diagnostic> {
        let unnamed = names.iter().filter(|pattern| !runs.iter().any(|run| named(suite, pattern, run)));
        let untagged = self.tags.iter().filter(|tag| !runs.iter().any(|run| has_tag(&[(*tag).clone()], run)));
        let uncited = self.requirements.iter().filter(|id| !runs.iter().any(|run| cites(&[(*id).clone()], run)));
        let mut errors: Vec<_> = unnamed.map(|pattern| nothing_called(pattern, runs)).collect();
        errors.extend(untagged.map(|tag| {
            let tags = runs.iter().flat_map(|run| run.scenario.tags.iter().map(|tag| tag.as_str()));
            meant(Diagnostic::nowhere(format!("no scenario has the tag `{tag}`")), nearest(tag, tags))
        }));
        errors.extend(uncited.map(|id| {
            let known = suite.register.requirements.iter().any(|requirement| below(id, &requirement.id));
            let ids = suite.register.requirements.iter().map(|requirement| requirement.id.as_str());
            match known {
                true => Diagnostic::nowhere(format!("no scenario cites the requirement `{id}`")),
                false => meant(Diagnostic::nowhere(format!("there is no requirement `{id}`")), nearest(id, ids)),
            }
        }));
        errors
    }

    fn nothing_left(&self, total: usize) -> Diagnostic {
        let diagnostic =
            Diagnostic::nowhere(format!("none of the {total} runs of this suite is wanted by all filters"));
        match self.hidden {
            true => diagnostic.help("leave a filter out"),
            false => diagnostic.help("leave a filter out; hidden scenarios are left out unless they are asked for"),
        }
    }

    fn part(&self, runs: Vec<Run>) -> Result<Vec<Run>, Vec<Diagnostic>> {
        let Some((part, of)) = self.shard else { return Ok(runs) };
        if part == 0 || part > of {
            let message = format!("there is no shard {part} of {of}");
            return Err(vec![Diagnostic::nowhere(message).help("shards are counted from 1: `1/3`, `2/3`, `3/3`")]);
        }
        let total = runs.len();
        let part_runs: Vec<_> =
            runs.into_iter().filter(|run| fnv1a(&run.name, 0) % u64::from(of) == u64::from(part - 1)).collect();
        if part_runs.is_empty() {
            let message = format!("shard {part} of {of} has none of the {total} runs that are wanted");
            return Err(vec![
                Diagnostic::nowhere(message).help("use fewer shards: a shard is chosen by the name alone"),
            ]);
        }
        Ok(part_runs)
    }

    fn shuffled(&self, mut runs: Vec<Run>) -> Vec<Run> {
        if let Some(seed) = self.shuffle {
            runs.sort_by_cached_key(|run| (fnv1a(&run.name, seed), run.name.clone()));
        }
        runs
    }
}

fn named(suite: &Suite, pattern: &Pattern, run: &Run) -> bool {
    pattern.matches(&run.name, &run.scenario.path, &suite.scenario_file(&run.scenario.path))
}

fn has_tag(tags: &[String], run: &Run) -> bool {
    tags.is_empty() || run.scenario.tags.iter().any(|tag| tags.contains(&tag.value))
}

fn cites(ids: &[String], run: &Run) -> bool {
    ids.is_empty() || run.scenario.requirements.iter().any(|cited| ids.iter().any(|id| below(id, cited)))
}

/// Whether `cited` is `id` or below it.
fn below(id: &str, cited: &str) -> bool {
    cited.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn nothing_called(pattern: &Pattern, runs: &[Run]) -> Diagnostic {
    let text = pattern.text();
    let names = runs.iter().flat_map(|run| [run.name.as_str(), run.scenario.path.as_str()]);
    let near = nearest(text, names).or_else(|| {
        let wanted = stem(text);
        let run = runs.iter().find(|run| nearest(wanted, [stem(&run.scenario.path)]).is_some())?;
        Some(run.scenario.path.as_str())
    });
    meant(Diagnostic::nowhere(format!("no scenario is named by `{text}`")), near)
}

/// The name of a file without its folders and its ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

fn meant(diagnostic: Diagnostic, near: Option<&str>) -> Diagnostic {
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

/// FNV-1a, 64 bits (draft-eastlake-fnv): the same on every machine and in every version, which `Hasher` does not promise.
fn fnv1a(text: &str, seed: u64) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(text.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    // The low bits of FNV mix badly under a small modulus.
    hash ^ (hash >> 32)
}
