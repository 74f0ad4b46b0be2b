"""The peer of the benchmark `generate`: the six tables of the reference system, made with Faker and inserted row by row with
psycopg in one transaction. Prints the seconds that it took."""

import datetime
import random
import sys
import time

import psycopg
from faker import Faker

url, rows = sys.argv[1], int(sys.argv[2])
faker = Faker()
Faker.seed(7)
random.seed(7)
begun = time.monotonic()
with psycopg.connect(url) as connection, connection.cursor() as cursor:
    customers, products = [], []
    for _ in range(rows):
        region = random.choice(["APJ", "EMEA", "LATAM"])
        address = faker.address().replace("\n", ", ")
        cursor.execute(
            "INSERT INTO customer (customer_name, customer_email, customer_shipping_address, customer_region)"
            " VALUES (%s, %s, %s, %s) RETURNING customer_id",
            (faker.name(), faker.email(), address, region),
        )
        customers.append((cursor.fetchone()[0], address, region))
    for _ in range(rows):
        price = round(random.uniform(10, 500), 2)
        cursor.execute(
            "INSERT INTO products (product_name, product_price, product_categories) VALUES (%s, %s, %s)"
            " RETURNING product_id",
            (faker.word(), price, random.choice(["Home", "Travel", "Kitchen"])),
        )
        products.append((cursor.fetchone()[0], price))
    for _ in range(rows):
        customer, address, region = random.choice(customers)
        product, price = random.choice(products)
        day = faker.date_between(datetime.date(2024, 1, 1), datetime.date(2024, 12, 31))
        cursor.execute(
            "INSERT INTO payments (payment_date, payment_mode) VALUES (%s, %s) RETURNING payment_id",
            (day, random.choice(["Card", "Cash"])),
        )
        payment = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO orders (customer_id, order_date, payment_id, quantity, price) VALUES (%s, %s, %s, %s, %s)"
            " RETURNING order_id",
            (customer, day, payment, random.randint(1, 5), price),
        )
        order = cursor.fetchone()[0]
        cursor.execute("INSERT INTO orderitems (order_id, product_id) VALUES (%s, %s)", (order, product))
        cursor.execute(
            "INSERT INTO shipments (order_id, shipment_date, customer_shipping_address, customer_region)"
            " VALUES (%s, %s, %s, %s)",
            (order, day + datetime.timedelta(days=random.randint(1, 7)), address, region),
        )
print(time.monotonic() - begun)
