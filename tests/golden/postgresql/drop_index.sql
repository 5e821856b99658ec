-- expand

-- contract

-- drop index by_size
DROP INDEX IF EXISTS "public"."by_size";

-- undo

