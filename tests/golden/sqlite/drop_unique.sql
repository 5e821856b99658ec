-- expand

-- contract

-- drop index one_of_a_name
DROP INDEX IF EXISTS "one_of_a_name";

-- undo

