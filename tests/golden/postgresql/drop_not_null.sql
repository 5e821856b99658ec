-- expand

-- contract

-- declare column packages.name
ALTER TABLE "public"."packages" ALTER COLUMN "name" DROP DEFAULT;
ALTER TABLE "public"."packages" ALTER COLUMN "name" DROP NOT NULL;

-- undo

