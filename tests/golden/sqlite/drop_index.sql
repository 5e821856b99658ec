-- expand

-- contract

-- drop index BY_NAME
DROP INDEX IF EXISTS "BY_NAME";

-- undo

