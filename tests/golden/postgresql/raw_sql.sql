-- expand

-- run SQL in the application's own words
CREATE TABLE notes ();
DO $$ BEGIN END $$;

-- contract

-- run SQL in the application's own words
SELECT 1;

-- undo

-- run SQL in the application's own words
DROP TABLE notes;

