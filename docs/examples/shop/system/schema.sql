CREATE TABLE product (
    sku   text PRIMARY KEY,
    price numeric(10,2) NOT NULL CHECK (price > 0),
    units int NOT NULL CHECK (units >= 0)
);
CREATE TABLE sale (
    id    bigint PRIMARY KEY,
    sku   text NOT NULL REFERENCES product,
    units int NOT NULL
);
CREATE VIEW sales_by_product AS
    SELECT sku, sum(sale.units) AS units, sum(sale.units * price) AS money
    FROM product JOIN sale USING (sku) GROUP BY sku;
CREATE PUBLICATION shop FOR TABLE product, sale;
