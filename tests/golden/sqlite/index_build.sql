CREATE TABLE "evolver_index_by_size" (c1 NUMERIC, c2 COLLATE "NOCASE", c3, PRIMARY KEY (c1 DESC, c2, c3)) WITHOUT ROWID;
CREATE TABLE "evolver_noted_by_size" (note INTEGER PRIMARY KEY, c1 NUMERIC, c2 COLLATE "NOCASE", c3);
CREATE TRIGGER "evolver_noted_by_size_1" BEFORE INSERT ON "packages" BEGIN INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "id" = NEW."id"; INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND (size > 1) AND (lower(name)) = (lower(NEW."name")) COLLATE "BINARY" AND "section" = coalesce(NEW."section", ('main')) COLLATE "BINARY"; INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "code" = NEW."code" COLLATE "BINARY"; END;
CREATE TRIGGER "evolver_noted_by_size_2" AFTER INSERT ON "packages" BEGIN INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "id" = NEW."id"; END;
CREATE TRIGGER "evolver_noted_by_size_3" BEFORE UPDATE ON "packages" BEGIN INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "id" = OLD."id"; INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "id" = NEW."id"; INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND (size > 1) AND (lower(name)) = (lower(NEW."name")) COLLATE "BINARY" AND "section" = coalesce(NEW."section", ('main')) COLLATE "BINARY"; INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "code" = NEW."code" COLLATE "BINARY"; END;
CREATE TRIGGER "evolver_noted_by_size_4" AFTER UPDATE ON "packages" BEGIN INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "id" = NEW."id"; END;
CREATE TRIGGER "evolver_noted_by_size_5" BEFORE DELETE ON "packages" BEGIN INSERT INTO "evolver_noted_by_size" (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "id" = OLD."id"; END;

-- sorting and filling
CREATE TABLE "evolver_imposter_by_size" (c1 NUMERIC, c2 COLLATE "NOCASE", c3, PRIMARY KEY (c1 DESC, c2, c3)) WITHOUT ROWID;
DROP TABLE IF EXISTS temp.evolver_sorted; DROP TABLE IF EXISTS temp.evolver_runs; DROP TABLE IF EXISTS temp.evolver_proposed; DROP TABLE IF EXISTS temp.evolver_excluded; CREATE TABLE temp.evolver_sorted (entry INTEGER PRIMARY KEY, c1, c2, c3); CREATE TABLE temp.evolver_runs (next INTEGER, last INTEGER); CREATE TABLE temp.evolver_proposed (f1 COLLATE "BINARY", c1 COLLATE "BINARY", c2 COLLATE "NOCASE", c3 COLLATE "BINARY"); CREATE TABLE temp.evolver_excluded (c3);
INSERT INTO temp.evolver_sorted (c1, c2, c3) SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND ("id" > ?1 AND "id" <= ?2) ORDER BY 1 COLLATE "BINARY" DESC, 2 COLLATE "NOCASE", 3 COLLATE "BINARY";
UPDATE temp.evolver_runs AS r SET next = coalesce((SELECT s.entry FROM (SELECT entry, c1 IS NOT NULL AS f1, coalesce(c1, 0) COLLATE "BINARY" AS c1, c2 COLLATE "NOCASE" AS c2, c3 COLLATE "BINARY" AS c3 FROM temp.evolver_sorted) AS s WHERE s.entry BETWEEN r.next AND r.last AND (f1, c1) <= (?1, ?2) AND (f1 < ?1 OR (f1 = ?1 AND (c1 < ?2 OR (c1 = ?2 AND (c2 > ?3 OR (c2 = ?3 AND (c3 > ?4))))))) ORDER BY s.entry LIMIT 1), r.last + 1);
INSERT INTO temp.evolver_proposed SELECT f1, c1, c2, c3 FROM temp.evolver_runs AS r CROSS JOIN (SELECT entry, c1 IS NOT NULL AS f1, coalesce(c1, 0) COLLATE "BINARY" AS c1, c2 COLLATE "NOCASE" AS c2, c3 COLLATE "BINARY" AS c3 FROM temp.evolver_sorted) AS s WHERE r.next + ?1 - 1 <= r.last AND s.entry = r.next + ?1 - 1;
INSERT INTO "evolver_imposter_by_size" SELECT CASE WHEN f1 THEN c1 END, c2, c3 FROM temp.evolver_runs AS r CROSS JOIN (SELECT entry, c1 IS NOT NULL AS f1, coalesce(c1, 0) COLLATE "BINARY" AS c1, c2 COLLATE "NOCASE" AS c2, c3 COLLATE "BINARY" AS c3 FROM temp.evolver_sorted) AS s WHERE s.entry BETWEEN r.next AND min(r.last, r.next + ?1 - 1) AND (f1, c1) >= (?2, ?3) AND (f1 > ?2 OR (f1 = ?2 AND (c1 > ?3 OR (c1 = ?3 AND (c2 < ?4 OR (c2 = ?4 AND (c3 <= ?5))))))) ORDER BY f1 DESC, c1 DESC, c2, c3;
UPDATE temp.evolver_runs AS r SET next = next + (SELECT count(*) FROM (SELECT entry, c1 IS NOT NULL AS f1, coalesce(c1, 0) COLLATE "BINARY" AS c1, c2 COLLATE "NOCASE" AS c2, c3 COLLATE "BINARY" AS c3 FROM temp.evolver_sorted) AS s WHERE s.entry BETWEEN r.next AND min(r.last, r.next + ?1 - 1) AND (f1, c1) >= (?2, ?3) AND (f1 > ?2 OR (f1 = ?2 AND (c1 > ?3 OR (c1 = ?3 AND (c2 < ?4 OR (c2 = ?4 AND (c3 <= ?5))))))));

-- settling
SELECT note, c1, c2, c3 FROM "evolver_noted_by_size" ORDER BY note LIMIT ?1;
DELETE FROM "evolver_imposter_by_size" WHERE c1 IS ?1 AND c2 IS ?2 AND c3 IS ?3;
INSERT OR REPLACE INTO "evolver_imposter_by_size" SELECT "size", "name", "id" FROM "packages" WHERE (size > 0) AND "id" = ?1;
DELETE FROM "evolver_noted_by_size" WHERE note <= ?1;

-- checking
SELECT count(*), evolver_digest("size", "name", "id") FROM "packages" WHERE (size > 0) AND ("id" > ?1 AND "id" <= ?2) AND NOT ("id" IN (SELECT c3 FROM "evolver_noted_by_size"));
INSERT INTO temp.evolver_excluded SELECT DISTINCT c3 FROM "evolver_noted_by_size" WHERE "c3" > ?1 AND "c3" <= ?2;
SELECT count(*), evolver_digest(h.c1, h.c2, h.c3) FROM (SELECT DISTINCT c1, c2, c3 FROM "evolver_noted_by_size" WHERE c3 IN (SELECT * FROM temp.evolver_excluded)) AS d CROSS JOIN "evolver_imposter_by_size" AS h WHERE h.c1 IS d.c1 AND h.c2 IS d.c2 AND h.c3 IS d.c3;
SELECT count(*), evolver_digest(c1, c2, c3) FROM (SELECT c1, c2, c3 FROM "evolver_imposter_by_size" WHERE c1 IS ?1 AND c2 IS ?2 AND c3 > ?3 ORDER BY c1 DESC, c2, c3 LIMIT ?4);
SELECT count(*), evolver_digest(c1, c2, c3) FROM (SELECT c1, c2, c3 FROM "evolver_imposter_by_size" WHERE c1 IS ?1 AND c2 > ?2 ORDER BY c1 DESC, c2, c3 LIMIT ?4);
SELECT count(*), evolver_digest(c1, c2, c3) FROM (SELECT c1, c2, c3 FROM "evolver_imposter_by_size" WHERE c1 < ?1 ORDER BY c1 DESC, c2, c3 LIMIT ?4);
SELECT count(*), evolver_digest(c1, c2, c3) FROM (SELECT c1, c2, c3 FROM "evolver_imposter_by_size" WHERE c1 IS NULL ORDER BY c1 DESC, c2, c3 LIMIT ?4);

-- adopting
PRAGMA writable_schema = ON;
INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT 'index', 'by_size', t.name, h.rootpage, 'CREATE INDEX "by_size" ON "packages" ("size" DESC, "name") WHERE size > 0' FROM sqlite_schema AS h, sqlite_schema AS t WHERE h.type = 'table' AND h.name = 'evolver_index_by_size' AND t.type = 'table' AND t.name = 'packages' COLLATE NOCASE;
DELETE FROM sqlite_schema WHERE type = 'table' AND name = 'evolver_index_by_size';
PRAGMA writable_schema = RESET;
DROP TRIGGER "evolver_noted_by_size_1";
DROP TRIGGER "evolver_noted_by_size_2";
DROP TRIGGER "evolver_noted_by_size_3";
DROP TRIGGER "evolver_noted_by_size_4";
DROP TRIGGER "evolver_noted_by_size_5";
DROP TABLE "evolver_noted_by_size";
