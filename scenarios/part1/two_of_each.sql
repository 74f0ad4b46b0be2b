-- Order 31 with an item and a shipment; and of each table a row that nothing refers to: customer 12, payment 23, order 32,
-- product 42.
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region) VALUES
    (11, 'Aiko Tanaka', 'aiko@example.com', '1 Garden Road, Tokyo', 'APJ'),
    (12, 'Bruno Berg', 'bruno@example.com', '2 Mill Road, Oslo', 'EMEA');
INSERT INTO payments (payment_id, payment_date, payment_mode) VALUES
    (21, '2024-05-01', 'Card'), (22, '2024-05-02', 'Cash'), (23, '2024-05-03', 'Card');
INSERT INTO orders (order_id, customer_id, order_date, payment_id, quantity, price, order_sequence_id) VALUES
    (31, 11, '2024-05-01', 21, 2, 19.90, 1), (32, 11, '2024-05-02', 22, 1, 300.00, 1);
INSERT INTO products (product_id, product_name, product_price, product_categories) VALUES
    (41, 'Lamp', 19.90, 'Home'), (42, 'Desk', 300.00, 'Home');
INSERT INTO orderitems (order_id, product_id) VALUES (31, 41);
INSERT INTO shipments (shipping_id, order_id, shipment_date, customer_shipping_address, customer_region)
VALUES (1, 31, '2024-05-03', '1 Garden Road, Tokyo', 'APJ');
