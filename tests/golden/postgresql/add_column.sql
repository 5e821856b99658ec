-- expand

-- add column packages.kind
ALTER TABLE "public"."packages" ADD COLUMN "kind" text DEFAULT 'box' NOT NULL;

-- contract

-- undo

-- drop column packages.kind
ALTER TABLE "public"."packages" DROP COLUMN "kind";

