//! The reply of MongoDB's `explain`: one plan, or a pipeline of which only the beginning is one.

use bson::Document;

use super::Plan;
use super::mongo::cursor;
use super::mongo_pipeline::pipeline;

/// Reads the reply of `explain`.
///
/// # Errors
/// When the reply is not a plan or has no execution statistics; the sentence says what is missing.
pub fn from_mongo(reply: &Document) -> Result<Plan, String> {
    match reply.get_array("stages") {
        Ok(stages) => pipeline(stages),
        Err(_) => cursor(reply),
    }
}
