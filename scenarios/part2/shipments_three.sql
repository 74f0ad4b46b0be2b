-- Three shipments of three orders, in two regions: enough for a join that is wrong to show. Order 34 is not shipped yet.
INSERT INTO customer (customer_id, customer_name, customer_email, customer_shipping_address, customer_region) VALUES
    (11, 'Aiko Tanaka', 'aiko@example.com', '1 Garden Road, Tokyo', 'APJ'),
    (12, 'Bruno Berg', 'bruno@example.com', '2 Mill Road, Oslo', 'EMEA');
INSERT INTO payments (payment_id, payment_date, payment_mode) VALUES
    (21, '2024-05-01', 'Card'), (22, '2024-05-01', 'Card'), (23, '2024-05-01', 'Cash'), (24, '2024-05-02', 'Card');
INSERT INTO orders (order_id, customer_id, order_date, payment_id, quantity, price, order_sequence_id) VALUES
    (31, 11, '2024-05-01', 21, 2, 19.90, 1), (32, 12, '2024-05-01', 22, 1, 50.00, 1), (33, 11, '2024-05-01', 23, 1, 80.00, 1),
    (34, 12, '2024-05-02', 24, 1, 19.90, 1);
INSERT INTO shipments (shipping_id, order_id, shipment_date, customer_shipping_address, customer_region) VALUES
    (1, 31, '2024-05-03', '1 Garden Road, Tokyo', 'APJ'),
    (2, 33, '2024-05-04', '1 Garden Road, Tokyo', 'APJ'),
    (3, 32, '2024-05-04', '2 Mill Road, Oslo', 'EMEA');
