-- expand

-- show table packages as parcels, too
CREATE OR REPLACE VIEW "public"."parcels" WITH (security_invoker = true) AS SELECT * FROM "public"."packages";

-- contract

-- no longer show table packages as parcels
DROP VIEW IF EXISTS "public"."parcels";

-- rename table packages to parcels
ALTER TABLE "public"."packages" RENAME TO "parcels";

-- undo

-- no longer show table packages as parcels
DROP VIEW IF EXISTS "public"."parcels";

