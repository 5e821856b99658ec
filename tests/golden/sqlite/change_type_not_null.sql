-- expand

-- add column packages.in_main
ALTER TABLE "packages" ADD COLUMN "in_main" BOOLEAN;

-- keep both shapes of packages in step by triggers
CREATE TRIGGER "evolver_sync_0002-change_1_packages_insert_up" AFTER INSERT ON "packages" WHEN NEW."in_main" IS NULL BEGIN UPDATE "packages" SET "in_main" = section = 'main' WHERE "id" = NEW."id" AND "in_main" IS NULL AND NOT (("in_main" COLLATE BINARY IS +(section = 'main')) OR ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 449293905801628477 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "packages" WHERE "id" = NEW."id" AND NOT ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END)))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_update_up" AFTER UPDATE OF "section" ON "packages" WHEN (OLD."section" COLLATE BINARY IS NOT NEW."section") OR NOT (OLD."in_main" COLLATE BINARY IS NEW."in_main") BEGIN UPDATE "packages" SET "in_main" = section = 'main' WHERE "id" = NEW."id" AND NOT (("in_main" COLLATE BINARY IS +(section = 'main')) OR ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 449293905801628477 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "packages" WHERE "id" = NEW."id" AND NOT ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END)))); UPDATE "packages" SET "in_main" = section = 'main' WHERE "id" = NEW."id" AND NOT (("in_main" COLLATE BINARY IS +(section = 'main')) OR ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_key" AFTER UPDATE OF "id" ON "packages" WHEN (OLD."id" IS NOT NEW."id") AND OLD."in_main" COLLATE BINARY IS NEW."in_main" BEGIN UPDATE "packages" SET "in_main" = section = 'main' WHERE "id" = NEW."id" AND "in_main" IS NULL AND NOT (("in_main" COLLATE BINARY IS +(section = 'main')) OR ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_insert_down" AFTER INSERT ON "packages" WHEN NEW."in_main" IS NOT NULL BEGIN UPDATE "packages" SET "section" = CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END WHERE "id" = NEW."id" AND NOT (("in_main" COLLATE BINARY IS +(section = 'main')) OR ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 449293905801628477 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND EXISTS (SELECT 1 FROM "packages" WHERE "id" = NEW."id" AND NOT ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_update_down" AFTER UPDATE OF "in_main" ON "packages" WHEN (OLD."in_main" COLLATE BINARY IS NOT NEW."in_main") BEGIN UPDATE "packages" SET "section" = CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END WHERE "id" = NEW."id" AND NOT (("in_main" COLLATE BINARY IS +(section = 'main')) OR ("section" COLLATE BINARY IS +(CASE WHEN in_main THEN 'main' WHEN NOT in_main THEN 'contrib' END))); END;

-- contract

-- take the sync triggers off packages
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_key";
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_down";

-- drop column packages.section
ALTER TABLE "packages" DROP COLUMN "section";

-- hold column packages.in_main to its declaration
-- refused if: SELECT 1 FROM "packages" WHERE "in_main" IS NULL LIMIT 1
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE "packages" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL, "size" TEXT, "in_main" BOOLEAN DEFAULT 1 NOT NULL)' WHERE type = 'table' AND name = 'packages' COLLATE NOCASE;
PRAGMA writable_schema = RESET;
CREATE VIEW evolver_touch AS SELECT 1;
DROP VIEW evolver_touch;

-- undo

-- take the sync triggers off packages
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_key";
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_down";

-- drop column packages.in_main
ALTER TABLE "packages" DROP COLUMN "in_main";

