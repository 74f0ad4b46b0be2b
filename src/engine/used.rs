//! A named list of steps as the step that uses it makes it.

use crate::model::{Action, Engine, NodeSelector, Step};

/// The steps of a list with what stands beside `use`: `expect` and `golden` take the place of the last step's, `save` is
/// added to it; `session` and `on` are for steps that name none, `on` for those of its engine.
pub(super) fn as_used(list: &[Step], user: &Step) -> Vec<Step> {
    let mut list = list.to_vec();
    if let Some(last) = list.last_mut() {
        last.expect = user.expect.clone().or(last.expect.take());
        last.golden = user.golden.clone().or(last.golden.take());
        last.save.extend(user.save.iter().cloned());
    }
    for step in &mut list {
        if step.session.is_none() {
            step.session = user.session.clone();
        }
        if step.on.is_empty() && takes_nodes(step, user) {
            step.on = user.on.clone();
        }
    }
    list
}

fn takes_nodes(step: &Step, user: &Step) -> bool {
    let wanted = user.on.first().map(|on| on.engine());
    match &step.action {
        Action::Use { .. } => true,
        // A file of this kind can go to either engine.
        Action::Load(load) if load.file.ends_with(".csv") => wanted == Some(Engine::Pg),
        _ => step.default_selector().map(|selector: NodeSelector| selector.engine()) == wanted,
    }
}
