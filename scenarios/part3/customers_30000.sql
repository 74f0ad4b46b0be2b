-- 30,000 customers, 10,000 a region, each with a name of its own, and statistics for the planner. Names are of letters alone,
-- in the order of the numbers; addresses are long, so that a table has pages enough for reading it to show.
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region)
SELECT 100000 + i, 'Customer ' || translate(lpad(i::text, 6, '0'), '0123456789', 'abcdefghij'), 'customer' || i || '@example.com',
       i || ' Garden Road, third floor, the door on the left behind the stairs, Springfield', 'APJ'
FROM generate_series(3, 30000, 3) AS i;
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region)
SELECT 100000 + i, 'Customer ' || translate(lpad(i::text, 6, '0'), '0123456789', 'abcdefghij'), 'customer' || i || '@example.com',
       i || ' Garden Road, third floor, the door on the left behind the stairs, Springfield', 'EMEA'
FROM generate_series(1, 30000, 3) AS i;
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region)
SELECT 100000 + i, 'Customer ' || translate(lpad(i::text, 6, '0'), '0123456789', 'abcdefghij'), 'customer' || i || '@example.com',
       i || ' Garden Road, third floor, the door on the left behind the stairs, Springfield', 'LATAM'
FROM generate_series(2, 30000, 3) AS i;
