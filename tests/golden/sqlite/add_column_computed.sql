-- expand

-- add column packages.label
ALTER TABLE "packages" ADD COLUMN "label" TEXT GENERATED ALWAYS AS (section || '/' || name) VIRTUAL;

-- contract

-- undo

-- drop column packages.label
ALTER TABLE "packages" DROP COLUMN "label";

