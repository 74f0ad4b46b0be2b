-- What the server answers to a command that it refuses: the SQLSTATE and what it names; `done` when it does not refuse. What
-- the command did is undone either way, so that the next one finds what this one found.
CREATE FUNCTION answer(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    named_table text; named_constraint text; named_column text;
BEGIN
    EXECUTE command;
    RAISE EXCEPTION 'done' USING ERRCODE = 'PS000';
EXCEPTION
    WHEN SQLSTATE 'PS000' THEN
        RETURN 'done';
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS named_table = TABLE_NAME, named_constraint = CONSTRAINT_NAME, named_column = COLUMN_NAME;
        RETURN concat_ws(' ', SQLSTATE, nullif(named_table, ''), nullif(named_constraint, ''), nullif(named_column, ''));
END
$$;
