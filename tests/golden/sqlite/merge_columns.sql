-- expand

-- add column people.name
ALTER TABLE "people" ADD COLUMN "name" TEXT;

-- keep both shapes of people in step by triggers
CREATE TRIGGER "evolver_sync_0002-change_1_people_insert_up" AFTER INSERT ON "people" WHEN NEW."name" IS NULL BEGIN UPDATE "people" SET "name" = last || ', ' || first WHERE "id" = NEW."id" AND "name" IS NULL AND NOT (("name" COLLATE BINARY IS +(last || ', ' || first)) OR ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1)))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 251631336666050760 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "people" WHERE "id" = NEW."id" AND NOT ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1))))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_update_up" AFTER UPDATE OF "first", "last" ON "people" WHEN (OLD."first" COLLATE BINARY IS NOT NEW."first" OR OLD."last" COLLATE BINARY IS NOT NEW."last") OR NOT (OLD."name" COLLATE BINARY IS NEW."name") BEGIN UPDATE "people" SET "name" = last || ', ' || first WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(last || ', ' || first)) OR ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1)))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 251631336666050760 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "people" WHERE "id" = NEW."id" AND NOT ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1))))); UPDATE "people" SET "name" = last || ', ' || first WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(last || ', ' || first)) OR ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1)))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_key" AFTER UPDATE OF "id" ON "people" WHEN (OLD."id" IS NOT NEW."id") AND OLD."name" COLLATE BINARY IS NEW."name" BEGIN UPDATE "people" SET "name" = last || ', ' || first WHERE "id" = NEW."id" AND "name" IS NULL AND NOT (("name" COLLATE BINARY IS +(last || ', ' || first)) OR ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1)))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_insert_down" AFTER INSERT ON "people" WHEN NEW."name" IS NOT NULL BEGIN UPDATE "people" SET "first" = substr(name, instr(name, ', ') + 2), "last" = substr(name, 1, instr(name, ', ') - 1) WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(last || ', ' || first)) OR ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1)))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 251631336666050760 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND EXISTS (SELECT 1 FROM "people" WHERE "id" = NEW."id" AND NOT ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1)))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_update_down" AFTER UPDATE OF "name" ON "people" WHEN (OLD."name" COLLATE BINARY IS NOT NEW."name") AND NOT ((NEW."name" COLLATE BINARY IS +(NEW."last" || ', ' || NEW."first")) OR (NEW."first" COLLATE BINARY IS +(substr(NEW."name", instr(NEW."name", ', ') + 2)) AND NEW."last" COLLATE BINARY IS +(substr(NEW."name", 1, instr(NEW."name", ', ') - 1)))) BEGIN UPDATE "people" SET "first" = substr(name, instr(name, ', ') + 2), "last" = substr(name, 1, instr(name, ', ') - 1) WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(last || ', ' || first)) OR ("first" COLLATE BINARY IS +(substr(name, instr(name, ', ') + 2)) AND "last" COLLATE BINARY IS +(substr(name, 1, instr(name, ', ') - 1)))); END;

-- contract

-- take the sync triggers off people
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_key";
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_down";

-- drop index by_name
DROP INDEX IF EXISTS "by_name";

-- drop column people.first
ALTER TABLE "people" DROP COLUMN "first";

-- drop column people.last
ALTER TABLE "people" DROP COLUMN "last";

-- undo

-- take the sync triggers off people
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_key";
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_down";

-- drop column people.name
ALTER TABLE "people" DROP COLUMN "name";

