-- "quotes", \ and )evolver" end no literal; neither does é
CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);
