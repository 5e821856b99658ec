-- expand

-- add the name title for column packages.name
ALTER TABLE "packages" ADD COLUMN "title" TEXT GENERATED ALWAYS AS ("name") VIRTUAL;

-- contract

-- rename column packages.name to title
ALTER TABLE "packages" DROP COLUMN "title";
ALTER TABLE "packages" RENAME COLUMN "name" TO "title";

-- undo

-- remove the name packages.title
ALTER TABLE "packages" DROP COLUMN "title";

