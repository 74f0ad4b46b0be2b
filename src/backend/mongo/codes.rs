//! Names of MongoDB's error codes, for replies that carry only the number (`error_codes.yml` of the server).

/// The name of a code; `None` for one that is not listed here.
pub fn code_name(code: i32) -> Option<&'static str> {
    CODES.binary_search_by_key(&code, |(code, _)| *code).ok().map(|at| CODES[at].1)
}

/// Sorted by code.
#[rustfmt::skip]
const CODES: &[(i32, &str)] = &[
    (1, "InternalError"), (2, "BadValue"), (6, "HostUnreachable"), (7, "HostNotFound"), (9, "FailedToParse"),
    (11, "UserNotFound"), (13, "Unauthorized"), (14, "TypeMismatch"), (16, "InvalidLength"),
    (18, "AuthenticationFailed"), (20, "IllegalOperation"), (24, "LockTimeout"), (26, "NamespaceNotFound"),
    (27, "IndexNotFound"), (28, "PathNotViable"), (40, "ConflictingUpdateOperators"), (43, "CursorNotFound"),
    (46, "LockBusy"), (48, "NamespaceExists"), (50, "MaxTimeMSExpired"), (52, "DollarPrefixedFieldName"),
    (53, "InvalidIdField"), (59, "CommandNotFound"), (61, "ShardKeyNotFound"), (64, "WriteConcernFailed"),
    (66, "ImmutableField"), (67, "CannotCreateIndex"), (72, "InvalidOptions"), (73, "InvalidNamespace"),
    (76, "NoReplicationEnabled"), (79, "UnknownReplWriteConcern"), (85, "IndexOptionsConflict"),
    (86, "IndexKeySpecsConflict"), (89, "NetworkTimeout"), (91, "ShutdownInProgress"),
    (95, "NotYetInitialized"), (96, "OperationFailed"), (100, "UnsatisfiableWriteConcern"), (112, "WriteConflict"),
    (115, "CommandNotSupported"), (117, "ConflictingOperationInProgress"), (121, "DocumentValidationFailure"),
    (133, "FailedToSatisfyReadPreference"), (134, "ReadConcernMajorityNotAvailableYet"), (136, "CappedPositionLost"),
    (146, "ExceededMemoryLimit"), (166, "CommandNotSupportedOnView"), (175, "QueryPlanKilled"),
    (189, "PrimarySteppedDown"), (191, "WriteConcernTimeout"), (197, "InvalidIndexSpecificationOption"),
    (208, "TooManyLocks"), (211, "KeyNotFound"), (222, "CloseChangeStream"), (225, "TransactionTooOld"),
    (237, "CursorKilled"), (238, "NotImplemented"), (239, "SnapshotTooOld"), (244, "TransactionAborted"),
    (246, "SnapshotUnavailable"), (251, "NoSuchTransaction"), (256, "TransactionCommitted"), (257, "TransactionTooLarge"),
    (262, "ExceededTimeLimit"), (263, "OperationNotSupportedInTransaction"), (276, "IndexBuildAborted"),
    (280, "ChangeStreamFatalError"), (286, "ChangeStreamHistoryLost"), (290, "TransactionExceededLifetimeLimitSeconds"),
    (292, "QueryExceededMemoryLimitNoDiskUseAllowed"), (314, "ObjectIsBusy"), (10003, "CannotGrowDocumentInCappedNamespace"),
    (10107, "NotWritablePrimary"), (10334, "BSONObjectTooLarge"), (11000, "DuplicateKey"),
    (11600, "InterruptedAtShutdown"), (11601, "Interrupted"), (11602, "InterruptedDueToReplStateChange"),
    (13388, "StaleConfig"), (13435, "NotPrimaryNoSecondaryOk"), (13436, "NotPrimaryOrSecondary"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_name_and_the_table_is_sorted() {
        assert_eq!(code_name(11000), Some("DuplicateKey"));
        assert_eq!(code_name(112), Some("WriteConflict"));
        assert_eq!(code_name(3), None);
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
