-- Statements of a release, as a Recorder has met them. Kept in the repository, and checked against every schema
-- that the release may meet. Lines may be taken out; who adds one ends it with a semicolon.

DELETE FROM orders WHERE id = :id;

INSERT INTO orders (customer, price) VALUES (:customer, :price);

SELECT customer, price FROM orders WHERE id = :id;

SELECT sum(CAST(price AS REAL)) FROM orders WHERE customer = :customer;

UPDATE orders SET price = :price WHERE id = :id;
