-- expand

-- once the rows are filled, beside writers

CREATE INDEX CONCURRENTLY "packages_by_name" ON "public"."packages" ("name", "size");

-- before contract, beside writers

CREATE UNIQUE INDEX CONCURRENTLY "evolver_key_f265bb6cd505" ON "public"."packages" ("name", "size");
ALTER TABLE "public"."packages" ADD CONSTRAINT "evolver_not_null_96e34980057a" CHECK ("size" IS NOT NULL) NOT VALID;
ALTER TABLE "public"."packages" VALIDATE CONSTRAINT "evolver_not_null_96e34980057a";

-- contract

-- drop index packages_by_name
DROP INDEX IF EXISTS "public"."packages_by_name";

-- replace the primary key of packages
-- refused if: SELECT 1 WHERE NOT EXISTS (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('"public"."evolver_key_f265bb6cd505"') AND indisvalid)
ALTER TABLE "public"."packages" DROP CONSTRAINT "packages_pkey";
ALTER TABLE "public"."packages" ALTER COLUMN "name" SET NOT NULL;
ALTER TABLE "public"."packages" DROP CONSTRAINT IF EXISTS "evolver_not_null_ac4463561ce4";
ALTER TABLE "public"."packages" ALTER COLUMN "size" SET NOT NULL;
ALTER TABLE "public"."packages" DROP CONSTRAINT IF EXISTS "evolver_not_null_96e34980057a";
ALTER TABLE "public"."packages" ADD CONSTRAINT "packages_pkey" PRIMARY KEY USING INDEX "evolver_key_f265bb6cd505";

-- undo

-- no longer prove that packages.size is not NULL
ALTER TABLE "public"."packages" DROP CONSTRAINT IF EXISTS "evolver_not_null_96e34980057a";

-- drop index packages_by_name
DROP INDEX IF EXISTS "public"."packages_by_name";

-- drop the index that waits for contract
DROP INDEX IF EXISTS "public"."evolver_key_f265bb6cd505";

