//! Runs the suite over mutants: first on the system itself, to know what passes there and how long it takes; then on each
//! mutant what can notice it, likely and cheap runs first, until it is killed; at last runs with faults, on those that are left
//! and that nobody has explained.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

use futures::future::join_all;

use super::context::MutationContext;
use super::likelihood::Likelihood;
use super::mutant::Mutant;
use super::report::{MutantReport, Outcome};
use super::summary::Summary;
use super::watch;
use crate::engine::{Claim, Job, Lanes, Options, Series, Until};
use crate::model::NodeName;
use crate::verdict::Verdict;

/// Runs `jobs` over the mutants; `report` gets what became of each as soon as that is known. `jobs` run on the system itself.
pub async fn run(
    mutants: &[Mutant],
    jobs: Vec<Job>,
    context: &MutationContext<'_>,
    report: impl FnMut(&MutantReport),
) -> Summary {
    let begun = Instant::now();
    let peers: Vec<NodeName> = context.servers.pg.iter().map(|node| node.name.clone()).collect();
    let series: Vec<Series> = (0..context.options.jobs.max(1)).map(|_| Series::new(context.servers)).collect();
    let disturbs = |job: &Job| Claim::of(job).is_disturbing();
    let (faults, plain): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(disturbs);
    let mut runner = Runner { context, peers, series: &series, report, summary: Summary::default() };
    let all = mutants.iter().map(|mutant| (mutant, MutantReport::new(mutant))).collect();
    let left = runner.pass(plain, all, |runner, mutant, report| runner.stays(mutant, report, &faults)).await;
    runner.pass(faults, left, |_, _, _| false).await;
    let Runner { mut summary, .. } = runner;
    for each in &series {
        let ended = watch::end(each, context).await;
        summary.trouble = summary.trouble.take().or(ended.err());
    }
    summary.mutants.sort_by(|a, b| a.name.cmp(&b.name));
    summary.interrupted = context.interrupt.is_set();
    summary.elapsed = begun.elapsed().as_secs_f64();
    summary
}

/// One run over mutants.
struct Runner<'a, R> {
    context: &'a MutationContext<'a>,
    peers: Vec<NodeName>,
    series: &'a [Series],
    report: R,
    summary: Summary,
}

impl<'a, R: FnMut(&MutantReport)> Runner<'a, R> {
    /// Whether a mutant is to meet these jobs, too.
    fn stays(&self, mutant: &Mutant, report: &MutantReport, jobs: &[Job]) -> bool {
        let open = match report.outcome() {
            Outcome::NotApplicable => false,
            Outcome::Killed => self.context.all,
            Outcome::Survived | Outcome::Broken => self.context.all || !self.context.explained.contains(&mutant.name),
        };
        open && jobs.iter().any(|job| mutant.is_noticed_by(job, &self.peers))
    }

    /// Goes over the mutants with one set of jobs, those first that have an engine to themselves; returns the mutants that
    /// stay for another.
    async fn pass<'m>(
        &mut self,
        mut jobs: Vec<Job>,
        mutants: Vec<(&'m Mutant, MutantReport)>,
        stays: impl Fn(&Self, &Mutant, &MutantReport) -> bool,
    ) -> Vec<(&'m Mutant, MutantReport)> {
        jobs.retain(|job| mutants.iter().any(|(mutant, _)| mutant.is_noticed_by(job, &self.peers)));
        let (jobs, likelihood) = self.fit(jobs).await;
        let claimed = |(mutant, report): (&'m Mutant, MutantReport)| {
            let own: Vec<Job> = jobs.iter().filter(|job| mutant.is_noticed_by(job, &self.peers)).cloned().collect();
            let claim = Claim::of_all(&own);
            ((mutant, report, own), claim)
        };
        let (mut waiting, others): (Vec<_>, Vec<_>) =
            mutants.into_iter().map(claimed).partition(|(_, claim)| claim.is_disturbing());
        waiting.extend(others);
        let lanes = Lanes::new(waiting);
        let (context, series) = (self.context, self.series);
        let left = RefCell::new((self, vec![]));
        let work = async |series: &Series| {
            while let Some(((mutant, mut report, own), _turn)) = lanes.next().await {
                if !context.interrupt.is_set() {
                    try_on(mutant, &own, context, series, &likelihood, &mut report).await;
                }
                // What was seen of a mutant until the run was stopped says nothing about it.
                if context.interrupt.is_set() {
                    break;
                }
                let (runner, left) = &mut *left.borrow_mut();
                if stays(runner, mutant, &report) {
                    left.push((mutant, report));
                } else {
                    (runner.report)(&report);
                    runner.summary.mutants.push(report);
                }
            }
        };
        join_all(series.iter().map(work)).await;
        left.into_inner().1
    }

    /// The jobs that pass on the system itself, and what is known of them. The others are noted.
    async fn fit(&mut self, mut jobs: Vec<Job>) -> (Vec<Job>, Likelihood) {
        let passing = match (jobs.is_empty(), self.series.first()) {
            (false, Some(series)) => watch::passing(jobs.clone(), series, self.context).await,
            _ => Ok(BTreeMap::new()),
        };
        let seconds = passing.unwrap_or_else(|error| {
            self.summary.trouble = Some(error);
            BTreeMap::new()
        });
        // What was seen until the run was stopped says nothing about the rest.
        if !self.context.interrupt.is_set() && self.summary.trouble.is_none() {
            let unfit = jobs.iter().filter(|job| !seconds.contains_key(&job.name)).map(|job| job.name.clone());
            self.summary.unfit.extend(unfit);
            jobs.retain(|job| seconds.contains_key(&job.name));
        }
        let paths = jobs.iter().filter(|job| self.context.all && job.scenario.design.is_none());
        self.summary.scenarios.extend(paths.map(|job| job.scenario.path.clone()));
        let likelihood = Likelihood::new(&jobs, self.context.host, seconds);
        (jobs, likelihood)
    }
}

/// Runs jobs on a mutant until it is killed; all of them where that is asked for.
async fn try_on(
    mutant: &Mutant,
    jobs: &[Job],
    context: &MutationContext<'_>,
    series: &Series,
    likelihood: &Likelihood,
    report: &mut MutantReport,
) {
    let begun = Instant::now();
    let recorded = context.recorded.get(&mutant.name).map(Vec::as_slice).unwrap_or_default();
    let on_it = jobs.iter().map(|job| job.on(mutant.system.clone())).collect();
    let jobs = likelihood.ordered(on_it, &mutant.hints, recorded);
    let until = match (context.all, mutant.breaks.is_empty()) {
        (true, _) => Until::End,
        (false, true) => Until::AnyFails,
        (false, false) => Until::EachFails(report.open()),
    };
    let options = Options { jobs: 1, until, ..context.options.clone() };
    let done = watch::on_mutant(jobs, series, context, &options, |end| {
        report.note(end.name, end.requirements, end.verdict, mutant.source.as_deref());
        likelihood.learn(end.name, &mutant.hints, matches!(end.verdict, Verdict::Fail { .. }));
    });
    if let Err(error) = done.await {
        report.errors.push((mutant.name.clone(), error));
    }
    report.elapsed += begun.elapsed().as_secs_f64();
}
