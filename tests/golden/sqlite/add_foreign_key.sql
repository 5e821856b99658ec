-- expand

-- contract

-- add foreign key from tracks to albums
-- refused if: SELECT 1 FROM "tracks" WHERE "tracks"."album" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "albums" AS evolver_parent WHERE evolver_parent."id" = "tracks"."album") LIMIT 1
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE "tracks" ("id" INTEGER PRIMARY KEY, "album" BIGINT, "label" TEXT, CONSTRAINT "in_album" FOREIGN KEY ("album") REFERENCES "albums" ON DELETE CASCADE ON UPDATE NO ACTION)' WHERE type = 'table' AND name = 'tracks' COLLATE NOCASE;
PRAGMA writable_schema = RESET;
CREATE VIEW evolver_touch AS SELECT 1;
DROP VIEW evolver_touch;

-- undo

