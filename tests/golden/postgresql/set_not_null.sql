-- expand

-- before contract, beside writers

ALTER TABLE "public"."packages" ADD CONSTRAINT "evolver_not_null_96e34980057a" CHECK ("size" IS NOT NULL) NOT VALID;
ALTER TABLE "public"."packages" VALIDATE CONSTRAINT "evolver_not_null_96e34980057a";

-- contract

-- declare column packages.size
ALTER TABLE "public"."packages" ALTER COLUMN "size" DROP DEFAULT;
ALTER TABLE "public"."packages" ALTER COLUMN "size" SET NOT NULL;
ALTER TABLE "public"."packages" DROP CONSTRAINT IF EXISTS "evolver_not_null_96e34980057a";

-- undo

-- no longer prove that packages.size is not NULL
ALTER TABLE "public"."packages" DROP CONSTRAINT IF EXISTS "evolver_not_null_96e34980057a";

