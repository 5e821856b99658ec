-- expand

-- add column packages.size_bytes
ALTER TABLE "packages" ADD COLUMN "size_bytes" BIGINT;

-- keep both shapes of packages in step by triggers
CREATE TRIGGER "evolver_sync_0002-change_1_packages_insert_up" AFTER INSERT ON "packages" WHEN NEW."size_bytes" IS NULL BEGIN UPDATE "packages" SET "size_bytes" = CAST(size AS INTEGER) WHERE "id" = NEW."id" AND "size_bytes" IS NULL AND NOT (("size_bytes" COLLATE BINARY IS +(CAST(size AS INTEGER))) OR ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT)))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 449293905801628477 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "packages" WHERE "id" = NEW."id" AND NOT ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT))))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_update_up" AFTER UPDATE OF "size" ON "packages" WHEN (OLD."size" COLLATE BINARY IS NOT NEW."size") OR NOT (OLD."size_bytes" COLLATE BINARY IS NEW."size_bytes") BEGIN UPDATE "packages" SET "size_bytes" = CAST(size AS INTEGER) WHERE "id" = NEW."id" AND NOT (("size_bytes" COLLATE BINARY IS +(CAST(size AS INTEGER))) OR ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT)))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 449293905801628477 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "packages" WHERE "id" = NEW."id" AND NOT ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT))))); UPDATE "packages" SET "size_bytes" = CAST(size AS INTEGER) WHERE "id" = NEW."id" AND NOT (("size_bytes" COLLATE BINARY IS +(CAST(size AS INTEGER))) OR ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT)))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_key" AFTER UPDATE OF "id" ON "packages" WHEN (OLD."id" IS NOT NEW."id") AND OLD."size_bytes" COLLATE BINARY IS NEW."size_bytes" BEGIN UPDATE "packages" SET "size_bytes" = CAST(size AS INTEGER) WHERE "id" = NEW."id" AND "size_bytes" IS NULL AND NOT (("size_bytes" COLLATE BINARY IS +(CAST(size AS INTEGER))) OR ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT)))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_insert_down" AFTER INSERT ON "packages" WHEN NEW."size_bytes" IS NOT NULL BEGIN UPDATE "packages" SET "size" = CAST(size_bytes AS TEXT) WHERE "id" = NEW."id" AND NOT (("size_bytes" COLLATE BINARY IS +(CAST(size AS INTEGER))) OR ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT)))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 449293905801628477 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND EXISTS (SELECT 1 FROM "packages" WHERE "id" = NEW."id" AND NOT ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT)))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_packages_update_down" AFTER UPDATE OF "size_bytes" ON "packages" WHEN (OLD."size_bytes" COLLATE BINARY IS NOT NEW."size_bytes") AND NOT ((NEW."size_bytes" COLLATE BINARY IS +(CAST(NEW."size" AS INTEGER))) OR (NEW."size" COLLATE BINARY IS +(CAST(NEW."size_bytes" AS TEXT)))) BEGIN UPDATE "packages" SET "size" = CAST(size_bytes AS TEXT) WHERE "id" = NEW."id" AND NOT (("size_bytes" COLLATE BINARY IS +(CAST(size AS INTEGER))) OR ("size" COLLATE BINARY IS +(CAST(size_bytes AS TEXT)))); END;

-- contract

-- take the sync triggers off packages
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_key";
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_down";

-- drop index by_size
DROP INDEX IF EXISTS "by_size";

-- drop column packages.size
ALTER TABLE "packages" DROP COLUMN "size";

-- create index by_size
CREATE INDEX "by_size" ON "packages" ("size_bytes", "name") WHERE "size_bytes" <> '';

-- undo

-- take the sync triggers off packages
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_packages_key";
DROP TRIGGER "evolver_sync_0002-change_1_packages_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_packages_update_down";

-- drop column packages.size_bytes
ALTER TABLE "packages" DROP COLUMN "size_bytes";

