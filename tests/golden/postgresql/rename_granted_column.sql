-- expand

-- add column packages.weight, the new name of size
ALTER TABLE "public"."packages" ADD COLUMN "weight" text;

-- give columns the comments and rights of those in whose place they are
COMMENT ON COLUMN "public"."packages".weight IS 'in bytes, as written';
GRANT SELECT (weight) ON "public"."packages" TO PUBLIC;
GRANT UPDATE (weight) ON "public"."packages" TO PUBLIC;
GRANT SELECT (weight) ON "public"."packages" TO pg_monitor WITH GRANT OPTION;

-- make what converts one shape to the other
CREATE OR REPLACE FUNCTION "public"."evolver_up_7766d0b5de9a_0"("size" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST(("size"
    ) AS text);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      RETURN NULL;
END$evolver$;
CREATE OR REPLACE FUNCTION "public"."evolver_down_7766d0b5de9a_0"("weight" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST(("weight"
    ) AS text);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      RETURN NULL;
END$evolver$;

-- keep both shapes of packages in step
CREATE OR REPLACE FUNCTION "public"."evolver_sync_f265bb6cd505"() RETURNS trigger LANGUAGE plpgsql AS $evolver$
DECLARE
  agree boolean;
  counted bigint;
  moved boolean := false;
  changed_0 boolean;
  changed_1 boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    changed_0 := NEW."size" IS NOT NULL;
    changed_1 := NEW."weight" IS NOT NULL;
  ELSE
    changed_0 := NOT (OLD."size" IS NOT DISTINCT FROM NEW."size");
    changed_1 := NOT (OLD."weight" IS NOT DISTINCT FROM NEW."weight");
    moved := OLD."id" IS DISTINCT FROM NEW."id";
    IF NOT (moved OR changed_0 OR changed_1) THEN RETURN NEW; END IF;
  END IF;
  IF (changed_1) THEN
      agree := (NEW."weight" IS NOT DISTINCT FROM CAST((NEW."size"
) AS text)) OR (NEW."size" IS NOT DISTINCT FROM CAST((NEW."weight"
) AS text));
      IF NOT agree THEN
      NEW."size" := CAST((NEW."weight"
) AS text);
      changed_0 := true;
      END IF;
  END IF;
  IF ((TG_OP = 'INSERT' OR (changed_0)) AND NOT (changed_1)) OR (moved AND (NEW."weight" IS NULL)) THEN
      agree := (NEW."weight" IS NOT DISTINCT FROM CAST((NEW."size"
) AS text)) OR (NEW."size" IS NOT DISTINCT FROM CAST((NEW."weight"
) AS text));
    IF NOT agree THEN
      NEW."weight" := CAST((NEW."size"
) AS text);
      changed_1 := true;
    ELSE
      agree := NEW."size" IS NOT DISTINCT FROM CAST((NEW."weight"
) AS text);
    END IF;
    IF NOT agree THEN
      counted := nextval('"public"."evolver_legacy_9bebf88e3edc6c1"');
    END IF;
  END IF;
  RETURN NEW;
END
$evolver$;
CREATE TRIGGER "~evolver_sync" BEFORE INSERT OR UPDATE ON "public"."packages" FOR EACH ROW WHEN (current_setting('evolver.filling', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION "public"."evolver_sync_f265bb6cd505"();

-- a batch

DO $evolver$#variable_conflict use_column
DECLARE
  filled bigint;
BEGIN
  UPDATE "public"."packages" SET "weight" = CAST(("size"
) AS text) WHERE ("id") > (CAST('1' AS bigint)) AND ("id") <= (CAST('2' AS bigint)) AND "weight" IS NULL AND num_nonnulls(CAST(("size"
) AS text)) > 0;
  GET DIAGNOSTICS filled = ROW_COUNT;
  PERFORM set_config('evolver.filled', CAST(filled AS text), true);
EXCEPTION WHEN OTHERS THEN
  IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      PERFORM set_config('evolver.filled', '-1', true);
END
$evolver$;

-- a batch with a row that cannot be converted

UPDATE "public"."packages" SET "weight" = "public"."evolver_up_7766d0b5de9a_0"("size") WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND "weight" IS NULL AND num_nonnulls("public"."evolver_up_7766d0b5de9a_0"("size")) > 0;

-- contract

-- give columns the comments and rights of those in whose place they are
COMMENT ON COLUMN "public"."packages".size IS 'in bytes, as written';
GRANT SELECT (size) ON "public"."packages" TO PUBLIC;
GRANT UPDATE (size) ON "public"."packages" TO PUBLIC;
GRANT SELECT (size) ON "public"."packages" TO pg_monitor WITH GRANT OPTION;

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(text);

-- rename column packages.size to weight
ALTER TABLE "public"."packages" DROP COLUMN "weight";
ALTER TABLE "public"."packages" RENAME COLUMN "size" TO "weight";

-- undo

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(text);

-- drop column packages.weight
ALTER TABLE "public"."packages" DROP COLUMN "weight";

