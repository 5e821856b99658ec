-- expand

-- create index by_name
CREATE UNIQUE INDEX "by_name" ON "packages" ("name" COLLATE "NOCASE" DESC, (length(size))) WHERE section <> 'contrib';

-- contract

-- undo

-- drop index by_name
DROP INDEX IF EXISTS "by_name";

