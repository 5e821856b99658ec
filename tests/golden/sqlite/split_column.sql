-- expand

-- add column people.name
ALTER TABLE "people" ADD COLUMN "name" TEXT;

-- add column people.mail
ALTER TABLE "people" ADD COLUMN "mail" TEXT;

-- keep both shapes of people in step by triggers
CREATE TRIGGER "evolver_sync_0002-change_1_people_insert_up" AFTER INSERT ON "people" WHEN NEW."name" IS NULL AND NEW."mail" IS NULL BEGIN UPDATE "people" SET "name" = CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END, "mail" = CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END WHERE "id" = NEW."id" AND "name" IS NULL AND "mail" IS NULL AND NOT (("name" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END) AND "mail" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END)) OR ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', '')))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 251631336666050760 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "people" WHERE "id" = NEW."id" AND NOT ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', ''))))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_update_up" AFTER UPDATE OF "maintainer" ON "people" WHEN (OLD."maintainer" COLLATE BINARY IS NOT NEW."maintainer") OR NOT (OLD."name" COLLATE BINARY IS NEW."name" AND OLD."mail" COLLATE BINARY IS NEW."mail") BEGIN UPDATE "people" SET "name" = CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END, "mail" = CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END) AND "mail" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END)) OR ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', '')))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 251631336666050760 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND (changes() > 0 OR EXISTS (SELECT 1 FROM "people" WHERE "id" = NEW."id" AND NOT ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', ''))))); UPDATE "people" SET "name" = CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END, "mail" = CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END) AND "mail" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END)) OR ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', '')))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_key" AFTER UPDATE OF "id" ON "people" WHEN (OLD."id" IS NOT NEW."id") AND OLD."name" COLLATE BINARY IS NEW."name" AND OLD."mail" COLLATE BINARY IS NEW."mail" BEGIN UPDATE "people" SET "name" = CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END, "mail" = CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END WHERE "id" = NEW."id" AND "name" IS NULL AND "mail" IS NULL AND NOT (("name" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END) AND "mail" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END)) OR ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', '')))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_insert_down" AFTER INSERT ON "people" WHEN NEW."name" IS NOT NULL OR NEW."mail" IS NOT NULL BEGIN UPDATE "people" SET "maintainer" = name || COALESCE(' <' || mail || '>', '') WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END) AND "mail" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END)) OR ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', '')))); UPDATE evolver_legacy SET writes = writes + 1, last_at = CAST(strftime('%s', 'now') AS INTEGER) WHERE id = 251631336666050760 AND last_at <> CAST(strftime('%s', 'now') AS INTEGER) AND EXISTS (SELECT 1 FROM "people" WHERE "id" = NEW."id" AND NOT ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', '')))); END;
CREATE TRIGGER "evolver_sync_0002-change_1_people_update_down" AFTER UPDATE OF "name", "mail" ON "people" WHEN (OLD."name" COLLATE BINARY IS NOT NEW."name" OR OLD."mail" COLLATE BINARY IS NOT NEW."mail") BEGIN UPDATE "people" SET "maintainer" = name || COALESCE(' <' || mail || '>', '') WHERE "id" = NEW."id" AND NOT (("name" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN substr(maintainer, 1, instr(maintainer, ' <') - 1) ELSE maintainer END) AND "mail" COLLATE BINARY IS +(CASE WHEN instr(maintainer, ' <') THEN rtrim(substr(maintainer, instr(maintainer, ' <') + 2), '>') END)) OR ("maintainer" COLLATE BINARY IS +(name || COALESCE(' <' || mail || '>', '')))); END;

-- contract

-- take the sync triggers off people
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_key";
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_down";

-- drop index by_maintainer
DROP INDEX IF EXISTS "by_maintainer";

-- drop column people.maintainer
ALTER TABLE "people" DROP COLUMN "maintainer";

-- undo

-- take the sync triggers off people
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_up";
DROP TRIGGER "evolver_sync_0002-change_1_people_key";
DROP TRIGGER "evolver_sync_0002-change_1_people_insert_down";
DROP TRIGGER "evolver_sync_0002-change_1_people_update_down";

-- drop column people.name
ALTER TABLE "people" DROP COLUMN "name";

-- drop column people.mail
ALTER TABLE "people" DROP COLUMN "mail";

