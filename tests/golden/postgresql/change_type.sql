-- expand

-- add column packages.size_bytes
ALTER TABLE "public"."packages" ADD COLUMN "size_bytes" bigint;

-- make what converts one shape to the other
CREATE OR REPLACE FUNCTION "public"."evolver_up_7766d0b5de9a_0"("size" text) RETURNS bigint LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((CAST(size AS BIGINT)
    ) AS bigint);
EXCEPTION WHEN OTHERS THEN
    IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      RETURN NULL;
END$evolver$;
CREATE OR REPLACE FUNCTION "public"."evolver_down_7766d0b5de9a_0"("size_bytes" bigint) RETURNS text LANGUAGE plpgsql AS $evolver$#variable_conflict use_variable
BEGIN
    RETURN CAST((CAST(size_bytes AS TEXT)
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
    changed_1 := NEW."size_bytes" IS NOT NULL;
  ELSE
    changed_0 := NOT (OLD."size" IS NOT DISTINCT FROM NEW."size");
    changed_1 := NOT (OLD."size_bytes" IS NOT DISTINCT FROM NEW."size_bytes");
    moved := OLD."id" IS DISTINCT FROM NEW."id";
    IF NOT (moved OR changed_0 OR changed_1) THEN RETURN NEW; END IF;
  END IF;
  IF (changed_1) THEN
    BEGIN
      agree := (NEW."size_bytes" IS NOT DISTINCT FROM CAST((CAST(NEW."size" AS BIGINT)
) AS bigint)) OR (NEW."size" IS NOT DISTINCT FROM CAST((CAST(NEW."size_bytes" AS TEXT)
) AS text));
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            agree := false;
    END;
      IF NOT agree THEN
      NEW."size" := CAST((CAST(NEW."size_bytes" AS TEXT)
) AS text);
      changed_0 := true;
      END IF;
  END IF;
  IF ((TG_OP = 'INSERT' OR (changed_0)) AND NOT (changed_1)) OR (moved AND (NEW."size_bytes" IS NULL)) THEN
    BEGIN
      agree := (NEW."size_bytes" IS NOT DISTINCT FROM CAST((CAST(NEW."size" AS BIGINT)
) AS bigint)) OR (NEW."size" IS NOT DISTINCT FROM CAST((CAST(NEW."size_bytes" AS TEXT)
) AS text));
    IF NOT agree THEN
      NEW."size_bytes" := CAST((CAST(NEW."size" AS BIGINT)
) AS bigint);
      changed_1 := true;
    ELSE
      agree := NEW."size" IS NOT DISTINCT FROM CAST((CAST(NEW."size_bytes" AS TEXT)
) AS text);
    END IF;
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
          BEGIN
      agree := (NEW."size_bytes" IS NOT DISTINCT FROM CAST((CAST(NEW."size" AS BIGINT)
) AS bigint)) OR (NEW."size" IS NOT DISTINCT FROM CAST((CAST(NEW."size_bytes" AS TEXT)
) AS text));
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            agree := false;
    END;
    IF NOT agree THEN
    BEGIN
      NEW."size_bytes" := CAST((CAST(NEW."size" AS BIGINT)
) AS bigint);
    EXCEPTION WHEN OTHERS THEN
      IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
            NEW."size_bytes" := NULL;
      PERFORM "public"."evolver_quarantine_row"('golden', '0002-change', 'packages', coalesce(CAST(NEW."id" AS text), 'NULL'), SQLSTATE);
    END;
      changed_1 := true;
    ELSE
    BEGIN
      agree := NEW."size" IS NOT DISTINCT FROM CAST((CAST(NEW."size_bytes" AS TEXT)
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

-- once the rows are filled, beside writers

CREATE INDEX CONCURRENTLY "evolver_index_450363f331b5" ON "public"."packages" ("size_bytes");

-- a batch

DO $evolver$#variable_conflict use_column
DECLARE
  filled bigint;
BEGIN
  UPDATE "public"."packages" SET "size_bytes" = CAST((CAST("size" AS BIGINT)
) AS bigint) WHERE ("id") > (CAST('1' AS bigint)) AND ("id") <= (CAST('2' AS bigint)) AND "size_bytes" IS NULL AND num_nonnulls(CAST((CAST("size" AS BIGINT)
) AS bigint)) > 0;
  GET DIAGNOSTICS filled = ROW_COUNT;
  PERFORM set_config('evolver.filled', CAST(filled AS text), true);
EXCEPTION WHEN OTHERS THEN
  IF left(SQLSTATE, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN RAISE; END IF;
      PERFORM set_config('evolver.filled', '-1', true);
END
$evolver$;

-- a batch with a row that cannot be converted

UPDATE "public"."packages" SET "size_bytes" = "public"."evolver_up_7766d0b5de9a_0"("size") WHERE ("id") > (CAST($1 AS bigint)) AND ("id") <= (CAST($2 AS bigint)) AND "size_bytes" IS NULL AND num_nonnulls("public"."evolver_up_7766d0b5de9a_0"("size")) > 0;

-- contract

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(bigint);

-- drop index by_size
DROP INDEX IF EXISTS "public"."by_size";

-- drop column packages.size
ALTER TABLE "public"."packages" DROP COLUMN "size";

-- give index by_size its name
-- refused if: SELECT 1 WHERE NOT EXISTS (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('"public"."evolver_index_450363f331b5"') AND indisvalid)
ALTER INDEX "public"."evolver_index_450363f331b5" RENAME TO "by_size";

-- undo

-- keep both shapes of packages in step
DROP TRIGGER IF EXISTS "~evolver_sync" ON "public"."packages";
DROP FUNCTION IF EXISTS "public"."evolver_sync_f265bb6cd505"();

-- drop what converts one shape to the other
DROP FUNCTION IF EXISTS "public"."evolver_up_7766d0b5de9a_0"(text);
DROP FUNCTION IF EXISTS "public"."evolver_down_7766d0b5de9a_0"(bigint);

-- drop column packages.size_bytes
ALTER TABLE "public"."packages" DROP COLUMN "size_bytes";

-- drop the index that waits for contract
DROP INDEX IF EXISTS "public"."evolver_index_450363f331b5";

