-- expand

-- once the rows are filled, beside writers

CREATE INDEX CONCURRENTLY "by_size" ON "public"."packages" ("size");

-- contract

-- undo

-- drop index by_size
DROP INDEX IF EXISTS "public"."by_size";

