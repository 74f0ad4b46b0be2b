-- The least that shipments and order items need around them: one customer, one payment, one order of one line, one product.
INSERT INTO customer (customer_id, customer_name, customer_region) VALUES (11, 'Aiko', 'APJ');
INSERT INTO payments (payment_id, payment_date, payment_mode) VALUES (21, '2024-05-01', 'Card');
INSERT INTO orders (order_id, customer_id, order_date, payment_id, quantity, price, order_sequence_id)
VALUES (31, 11, '2024-05-01', 21, 2, 19.90, 1);
INSERT INTO products (product_id, product_name, product_price, product_categories) VALUES (41, 'Lamp', 19.90, 'Home');
