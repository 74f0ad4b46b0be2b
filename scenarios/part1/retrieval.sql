-- A small shop whose answers can be checked by eye: five customers, seven orders (one of two lines), six products.
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region) VALUES
    (11, 'Aiko Tanaka',    'aiko@example.com',   '1 Garden Road, Tokyo',  'APJ'),
    (12, 'Bruno Berg',     'bruno@example.com',  '2 Mill Road, Oslo',     'EMEA'),
    (13, 'Camila Rojas',   'camila@example.com', '3 Park Road, Lima',     'LATAM'),
    (14, 'Diego Castro',   'diego@example.com',  '4 Hill Road, Quito',    'LATAM'),
    (15, 'Emma Fischer',   'emma@example.com',   '5 River Road, Berlin',  'EMEA');
INSERT INTO payments (payment_id, payment_date, payment_mode) VALUES
    (21, '2024-05-01', 'Card'), (22, '2024-05-02', 'Cash'),   (23, '2024-05-03', 'Card'), (24, '2024-05-04', 'Wallet'),
    (25, '2024-05-05', 'Card'), (26, '2024-05-06', 'Transfer'), (27, '2024-05-07', 'Card');
INSERT INTO products (product_id, product_name, product_price, product_categories) VALUES
    (41, 'Lamp', 40.00, 'Home'), (42, 'Desk', 260.00, 'Home'), (43, 'Chair', 120.00, 'Home'),
    (44, 'Tent', 180.50, 'Outdoor'), (45, 'Stove', 99.50, 'Outdoor'), (46, 'Camera', 499.99, 'Electronics');
INSERT INTO orders (order_id, customer_id, order_date, payment_id, quantity, price, order_sequence_id) VALUES
    (31, 13, '2024-05-01', 21, 1,  40.00, 1),
    (31, 13, '2024-05-01', 21, 1, 260.00, 2),
    (32, 13, '2024-05-02', 22, 2, 120.00, 1),
    (33, 13, '2024-05-03', 23, 1, 180.50, 1),
    (34, 11, '2024-05-04', 24, 1,  99.50, 1),
    (35, 11, '2024-05-05', 25, 1,  40.00, 1),
    (36, 12, '2024-05-06', 26, 1, 499.99, 1),
    (37, 14, '2024-05-07', 27, 3,  40.00, 1);
INSERT INTO orderitems (order_id, product_id) VALUES (31, 41), (31, 42), (32, 43), (33, 44), (34, 45), (35, 41), (36, 46), (37, 41);
INSERT INTO shipments (shipping_id, order_id, shipment_date, customer_shipping_address, customer_region) VALUES
    (1, 31, '2024-05-03', '3 Park Road, Lima',    'LATAM'), (2, 32, '2024-05-04', '3 Park Road, Lima',  'LATAM'),
    (3, 34, '2024-05-06', '1 Garden Road, Tokyo', 'APJ'),   (4, 36, '2024-05-08', '2 Mill Road, Oslo',  'EMEA'),
    (5, 37, '2024-05-09', '4 Hill Road, Quito',   'LATAM');
