-- expand

-- contract

-- drop index by_size
DROP INDEX IF EXISTS "by_size";

-- drop column packages.Size
ALTER TABLE "packages" DROP COLUMN "Size";

-- undo

