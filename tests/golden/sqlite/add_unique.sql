-- expand

-- create index one_of_a_name
CREATE INDEX "one_of_a_name" ON "packages" ("name", "size");

-- contract

-- drop index one_of_a_name
DROP INDEX IF EXISTS "one_of_a_name";

-- create index one_of_a_name
CREATE UNIQUE INDEX "one_of_a_name" ON "packages" ("name", "size");

-- undo

-- drop index one_of_a_name
DROP INDEX IF EXISTS "one_of_a_name";

