-- expand

-- keep both shapes of packages in step
CREATE OR REPLACE FUNCTION "public"."evolver_sync_f265bb6cd505"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT SET timezone TO 'UTC' SET datestyle TO 'ISO, MDY' SET intervalstyle TO 'postgres' SET extra_float_digits TO 1 SET bytea_output TO 'hex' AS $evolver$
DECLARE
  agree boolean;
  counted bigint;
  moved boolean := false;
BEGIN
  IF TG_OP = 'INSERT' THEN
  ELSE
    moved := OLD."id" IS DISTINCT FROM NEW."id";
    IF NOT (moved) THEN RETURN NEW; END IF;
  END IF;
  IF TG_OP = 'INSERT' AND NEW."section" IS NULL THEN
    NEW."section" := ('none'
    );
  END IF;
  RETURN NEW;
END
$evolver$;
CREATE TRIGGER "~evolver_sync" BEFORE INSERT OR UPDATE ON "public"."packages" FOR EACH ROW WHEN (current_setting('evolver.filling', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION "public"."evolver_sync_f265bb6cd505"();

-- contract

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop column packages.section
ALTER TABLE "public"."packages" DROP COLUMN "section";

-- undo

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

