-- The least that shipments and order items need around them: one customer, one order of one line and its payment, one product.
-- Payment 22 pays for nothing yet.
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region)
VALUES (11, 'Aiko Tanaka', 'aiko@example.com', '1 Garden Road, Tokyo', 'APJ');
INSERT INTO payments (payment_id, payment_date, payment_mode) VALUES (21, '2024-05-01', 'Card'), (22, '2024-05-02', 'Cash');
INSERT INTO orders (order_id, customer_id, order_date, payment_id, quantity, price, order_sequence_id)
VALUES (31, 11, '2024-05-01', 21, 2, 19.90, 1);
INSERT INTO products (product_id, product_name, product_price, product_categories) VALUES (41, 'Lamp', 19.90, 'Home');
