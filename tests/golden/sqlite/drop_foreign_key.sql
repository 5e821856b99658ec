-- expand

-- contract

-- remove foreign key from tracks to albums
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = 'CREATE TABLE "tracks" ("id" INTEGER PRIMARY KEY, "album" BIGINT, "parent" BIGINT, CONSTRAINT "up" FOREIGN KEY ("parent") REFERENCES "tracks" ON DELETE NO ACTION ON UPDATE NO ACTION)' WHERE type = 'table' AND name = 'tracks' COLLATE NOCASE;
PRAGMA writable_schema = RESET;
CREATE VIEW evolver_touch AS SELECT 1;
DROP VIEW evolver_touch;

-- undo

