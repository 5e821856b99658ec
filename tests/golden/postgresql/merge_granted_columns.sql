-- expand

-- add column packages.label
ALTER TABLE "public"."packages" ADD COLUMN "label" text;

-- give columns the comments and rights of those in whose place they are
GRANT SELECT (label) ON "public"."packages" TO PUBLIC;
GRANT SELECT (label) ON "public"."packages" TO pg_monitor;

-- make what converts one shape to the other
CREATE OR REPLACE FUNCTION "public"."evolver_up_7766d0b5de9a_0"("name" text, "size" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((name || ':' || size
    ) AS text);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      RETURN NULL;
END$evolver$;
CREATE OR REPLACE FUNCTION "public"."evolver_down_7766d0b5de9a_0"("label" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((split_part(label, ':', 1)
    ) AS text);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      RETURN NULL;
END$evolver$;
CREATE OR REPLACE FUNCTION "public"."evolver_down_7766d0b5de9a_1"("label" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((split_part(label, ':', 2)
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
  changed_2 boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    changed_0 := NEW."name" IS NOT NULL;
    changed_1 := NEW."size" IS NOT NULL;
    changed_2 := NEW."label" IS NOT NULL;
  ELSE
    changed_0 := NOT (OLD."name" IS NOT DISTINCT FROM NEW."name");
    changed_1 := NOT (OLD."size" IS NOT DISTINCT FROM NEW."size");
    changed_2 := NOT (OLD."label" IS NOT DISTINCT FROM NEW."label");
    moved := OLD."id" IS DISTINCT FROM NEW."id";
    IF NOT (moved OR changed_0 OR changed_1 OR changed_2) THEN RETURN NEW; END IF;
  END IF;
  IF (changed_2) THEN
    BEGIN
      agree := (NEW."label" IS NOT DISTINCT FROM CAST((NEW."name" || ':' || NEW."size"
) AS text)) OR (NEW."name" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 1)
) AS text) AND NEW."size" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 2)
) AS text));
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            agree := false;
    END;
      IF NOT agree THEN
      SELECT CAST((split_part(NEW."label", ':', 1)
) AS text), CAST((split_part(NEW."label", ':', 2)
) AS text) INTO NEW."name", NEW."size";
      changed_0 := true;
      changed_1 := true;
      END IF;
  END IF;
  IF ((TG_OP = 'INSERT' OR (changed_0 OR changed_1)) AND NOT (changed_2)) OR (moved AND (NEW."label" IS NULL)) THEN
    BEGIN
      agree := (NEW."label" IS NOT DISTINCT FROM CAST((NEW."name" || ':' || NEW."size"
) AS text)) OR (NEW."name" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 1)
) AS text) AND NEW."size" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 2)
) AS text));
    IF NOT agree THEN
      NEW."label" := CAST((NEW."name" || ':' || NEW."size"
) AS text);
      changed_2 := true;
    ELSE
      agree := NEW."name" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 1)
) AS text) AND NEW."size" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 2)
) AS text);
    END IF;
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
          BEGIN
      agree := (NEW."label" IS NOT DISTINCT FROM CAST((NEW."name" || ':' || NEW."size"
) AS text)) OR (NEW."name" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 1)
) AS text) AND NEW."size" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 2)
) AS text));
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            agree := false;
    END;
    IF NOT agree THEN
    BEGIN
      NEW."label" := CAST((NEW."name" || ':' || NEW."size"
) AS text);
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            NEW."label" := NULL;
      PERFORM "public"."evolver_quarantine_row"('golden', '0002-change', 'packages', coalesce(CAST(NEW."id" AS text), 'NULL'), SQLSTATE);
    END;
      changed_2 := true;
    ELSE
    BEGIN
      agree := NEW."name" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 1)
) AS text) AND NEW."size" IS NOT DISTINCT FROM CAST((split_part(NEW."label", ':', 2)
) AS text);
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            agree := false;
    END;
    END IF;
    END;
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
  UPDATE "public"."packages" SET "label" = CAST(("name" || ':' || "size"
) AS text) WHERE ("id") > (CAST('1' AS bigint)) AND ("id") <= (CAST('2' AS bigint)) AND "label" IS NULL AND num_nonnulls(CAST(("name" || ':' || "size"
) AS text)) > 0;
  GET DIAGNOSTICS filled = ROW_COUNT;
  PERFORM set_config('evolver.filled', CAST(filled AS text), true);
EXCEPTION WHEN OTHERS THEN
  IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      PERFORM set_config('evolver.filled', '-1', true);
END
$evolver$;

-- a batch with a row that cannot be converted

UPDATE "public"."packages" SET "label" = "public"."evolver_up_7766d0b5de9a_0"("name", "size") WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND "label" IS NULL AND num_nonnulls("public"."evolver_up_7766d0b5de9a_0"("name", "size")) > 0;

-- contract

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text, text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_1"(text);

-- drop column packages.name
ALTER TABLE "public"."packages" DROP COLUMN "name";

-- drop column packages.size
ALTER TABLE "public"."packages" DROP COLUMN "size";

-- undo

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text, text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_1"(text);

-- drop column packages.label
ALTER TABLE "public"."packages" DROP COLUMN "label";

