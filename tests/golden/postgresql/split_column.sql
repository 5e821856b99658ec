-- expand

-- add column packages.given
ALTER TABLE "public"."packages" ADD COLUMN "given" text;

-- add column packages.family
ALTER TABLE "public"."packages" ADD COLUMN "family" text;

-- make what converts one shape to the other
CREATE OR REPLACE FUNCTION "public"."evolver_up_7766d0b5de9a_0"("name" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((split_part(name, ' ', 1)
    ) AS text);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      RETURN NULL;
END$evolver$;
CREATE OR REPLACE FUNCTION "public"."evolver_up_7766d0b5de9a_1"("name" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((split_part(name, ' ', 2)
    ) AS text);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      RETURN NULL;
END$evolver$;
CREATE OR REPLACE FUNCTION "public"."evolver_down_7766d0b5de9a_0"("given" text, "family" text) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((given || ' ' || family
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
    changed_1 := NEW."given" IS NOT NULL;
    changed_2 := NEW."family" IS NOT NULL;
  ELSE
    changed_0 := NOT (OLD."name" IS NOT DISTINCT FROM NEW."name");
    changed_1 := NOT (OLD."given" IS NOT DISTINCT FROM NEW."given");
    changed_2 := NOT (OLD."family" IS NOT DISTINCT FROM NEW."family");
    moved := OLD."id" IS DISTINCT FROM NEW."id";
    IF NOT (moved OR changed_0 OR changed_1 OR changed_2) THEN RETURN NEW; END IF;
  END IF;
  IF TG_OP = 'UPDATE' AND (changed_1 OR changed_2) AND NOT (changed_0) AND OLD."given" IS NULL AND OLD."family" IS NULL THEN
    IF NOT changed_1 THEN
    BEGIN
      NEW."given" := CAST((split_part(NEW."name", ' ', 1)
) AS text);
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            NEW."given" := NULL;
    END;
    END IF;
    IF NOT changed_2 THEN
    BEGIN
      NEW."family" := CAST((split_part(NEW."name", ' ', 2)
) AS text);
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            NEW."family" := NULL;
    END;
    END IF;
  END IF;
  IF (changed_1 OR changed_2) THEN
    BEGIN
      agree := (NEW."given" IS NOT DISTINCT FROM CAST((split_part(NEW."name", ' ', 1)
) AS text) AND NEW."family" IS NOT DISTINCT FROM CAST((split_part(NEW."name", ' ', 2)
) AS text)) OR (NEW."name" IS NOT DISTINCT FROM CAST((NEW."given" || ' ' || NEW."family"
) AS text));
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            agree := false;
    END;
      IF NOT agree THEN
      NEW."name" := CAST((NEW."given" || ' ' || NEW."family"
) AS text);
      changed_0 := true;
      END IF;
  END IF;
  IF ((TG_OP = 'INSERT' OR (changed_0)) AND NOT (changed_1 OR changed_2)) OR (moved AND (NEW."given" IS NULL AND NEW."family" IS NULL)) THEN
    BEGIN
      agree := (NEW."given" IS NOT DISTINCT FROM CAST((split_part(NEW."name", ' ', 1)
) AS text) AND NEW."family" IS NOT DISTINCT FROM CAST((split_part(NEW."name", ' ', 2)
) AS text)) OR (NEW."name" IS NOT DISTINCT FROM CAST((NEW."given" || ' ' || NEW."family"
) AS text));
    IF NOT agree THEN
      SELECT CAST((split_part(NEW."name", ' ', 1)
) AS text), CAST((split_part(NEW."name", ' ', 2)
) AS text) INTO NEW."given", NEW."family";
      changed_1 := true;
      changed_2 := true;
    ELSE
      agree := NEW."name" IS NOT DISTINCT FROM CAST((NEW."given" || ' ' || NEW."family"
) AS text);
    END IF;
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
          BEGIN
      agree := (NEW."given" IS NOT DISTINCT FROM CAST((split_part(NEW."name", ' ', 1)
) AS text) AND NEW."family" IS NOT DISTINCT FROM CAST((split_part(NEW."name", ' ', 2)
) AS text)) OR (NEW."name" IS NOT DISTINCT FROM CAST((NEW."given" || ' ' || NEW."family"
) AS text));
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            agree := false;
    END;
    IF NOT agree THEN
    BEGIN
      SELECT CAST((split_part(NEW."name", ' ', 1)
) AS text), CAST((split_part(NEW."name", ' ', 2)
) AS text) INTO NEW."given", NEW."family";
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            NEW."given" := NULL;
      NEW."family" := NULL;
      PERFORM "public"."evolver_quarantine_row"('golden', '0002-change', 'packages', coalesce(CAST(NEW."id" AS text), 'NULL'), SQLSTATE);
    END;
      changed_1 := true;
      changed_2 := true;
    ELSE
    BEGIN
      agree := NEW."name" IS NOT DISTINCT FROM CAST((NEW."given" || ' ' || NEW."family"
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
  UPDATE "public"."packages" SET "given" = CAST((split_part("name", ' ', 1)
) AS text), "family" = CAST((split_part("name", ' ', 2)
) AS text) WHERE ("id") > (CAST('1' AS bigint)) AND ("id") <= (CAST('2' AS bigint)) AND "given" IS NULL AND "family" IS NULL AND num_nonnulls(CAST((split_part("name", ' ', 1)
) AS text), CAST((split_part("name", ' ', 2)
) AS text)) > 0;
  GET DIAGNOSTICS filled = ROW_COUNT;
  PERFORM set_config('evolver.filled', CAST(filled AS text), true);
EXCEPTION WHEN OTHERS THEN
  IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      PERFORM set_config('evolver.filled', '-1', true);
END
$evolver$;

-- a batch with a row that cannot be converted

UPDATE "public"."packages" SET "given" = "public"."evolver_up_7766d0b5de9a_0"("name"), "family" = "public"."evolver_up_7766d0b5de9a_1"("name") WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND "given" IS NULL AND "family" IS NULL AND num_nonnulls("public"."evolver_up_7766d0b5de9a_0"("name"), "public"."evolver_up_7766d0b5de9a_1"("name")) > 0;

-- contract

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_1"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(text, text);

-- drop column packages.name
ALTER TABLE "public"."packages" DROP COLUMN "name";

-- undo

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_1"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(text, text);

-- drop column packages.given
ALTER TABLE "public"."packages" DROP COLUMN "given";

-- drop column packages.family
ALTER TABLE "public"."packages" DROP COLUMN "family";

