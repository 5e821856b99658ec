-- expand

-- once the rows are filled, beside writers

CREATE INDEX CONCURRENTLY "one_name" ON "public"."packages" ("name");

-- before contract, beside writers

CREATE UNIQUE INDEX CONCURRENTLY "evolver_index_3027d8bb6805" ON "public"."packages" ("name");

-- contract

-- drop index one_name
DROP INDEX IF EXISTS "public"."one_name";

-- give index one_name its name
-- refused if: SELECT 1 WHERE NOT EXISTS (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('"public"."evolver_index_3027d8bb6805"') AND indisvalid)
ALTER INDEX "public"."evolver_index_3027d8bb6805" RENAME TO "one_name";

-- undo

-- drop index one_name
DROP INDEX IF EXISTS "public"."one_name";

-- drop the index that waits for contract
DROP INDEX IF EXISTS "public"."evolver_index_3027d8bb6805";

