-- Three shipments of two orders, in two regions: enough for a join that is wrong to show.
INSERT INTO customer (customer_id, customer_name, customer_region) VALUES (11, 'Aiko', 'APJ'), (12, 'Bruno', 'EMEA');
INSERT INTO payments (payment_id, payment_date, payment_mode) VALUES (21, '2024-05-01', 'Card');
INSERT INTO orders (order_id, customer_id, order_date, payment_id, quantity, price, order_sequence_id) VALUES
    (31, 11, '2024-05-01', 21, 2, 19.90, 1), (32, 12, '2024-05-01', 21, 1, 5.00, 1);
INSERT INTO shipments (shipping_id, order_id, shipment_date, customer_shipping_address, customer_region) VALUES
    (1, 31, '2024-05-03', '1 Garden Road, Tokyo', 'APJ'),
    (2, 31, '2024-05-04', '1 Garden Road, Tokyo', 'APJ'),
    (3, 32, '2024-05-04', '2 Mill Road, Oslo', 'EMEA');
