-- 30,000 customers, 10,000 a region, each with a name of its own, and statistics for the planner.
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region)
SELECT 100000 + i, 'Customer ' || lpad(i::text, 6, '0'), 'customer' || i || '@example.com', i || ' Garden Road, Springfield',
       (ARRAY['APJ', 'EMEA', 'LATAM'])[1 + i % 3]
FROM generate_series(1, 30000) AS i;
ANALYZE customer;
ANALYZE customer_region;
