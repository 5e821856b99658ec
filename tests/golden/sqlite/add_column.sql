-- expand

-- add column packages.priority
ALTER TABLE "packages" ADD COLUMN "priority" BIGINT NOT NULL DEFAULT (7);

-- contract

-- undo

-- drop column packages.priority
ALTER TABLE "packages" DROP COLUMN "priority";

