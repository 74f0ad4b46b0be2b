// Makes the collections of the reference system, the same as `build` in fixtures/ecommerce/system.yaml. May be run again.
// Reads MEMBERS, MONGO_USER, MONGO_PASSWORD, REPLICA_SET (rs0 if absent), DATABASE (ecommerce if absent).

const account = [process.env.MONGO_USER, process.env.MONGO_PASSWORD].map(encodeURIComponent).join(':');
const members = process.env.MEMBERS.split(' ').join(',');
const database = process.env.DATABASE || 'ecommerce';
const shop = connect(
    `mongodb://${account}@${members}/${database}?authSource=admin&replicaSet=${process.env.REPLICA_SET || 'rs0'}&w=majority`,
);

const collections = {
    customers: {
        schema: {
            bsonType: 'object',
            required: ['customer_name', 'customer_email', 'customer_shipping_address', 'customer_region'],
            properties: {
                customer_name: { bsonType: 'string', minLength: 1 },
                customer_email: { bsonType: 'string' },
                customer_shipping_address: { bsonType: 'string' },
                customer_region: { bsonType: 'string', enum: ['APJ', 'EMEA', 'LATAM'] },
            },
        },
        indexes: [
            { key: { customer_region: 1 }, name: 'customer_region_1' },
            { key: { customer_name: 1 }, name: 'customer_name_1', collation: { locale: 'en', strength: 2 } },
        ],
    },
    stock: {
        schema: {
            bsonType: 'object',
            required: ['units'],
            properties: { units: { bsonType: ['int', 'long'], minimum: 0 } },
        },
        indexes: [],
    },
    orders: {
        schema: {
            bsonType: 'object',
            required: ['sku', 'quantity'],
            properties: {
                sku: { bsonType: 'string', minLength: 1 },
                quantity: { bsonType: ['int', 'long'], minimum: 1 },
            },
        },
        indexes: [{ key: { customer_id: 1 }, name: 'customer_id_1' }],
    },
    payments: {
        schema: {
            bsonType: 'object',
            required: ['order_id', 'amount'],
            properties: { amount: { bsonType: 'number', minimum: 0 }, mode: { bsonType: 'string' } },
        },
        indexes: [{ key: { order_id: 1 }, name: 'order_id_1', unique: true }],
    },
};

const existing = shop.getCollectionNames();
for (const [name, { schema, indexes }] of Object.entries(collections)) {
    const validator = { $jsonSchema: schema };
    shop.runCommand(existing.includes(name) ? { collMod: name, validator } : { create: name, validator });
    if (indexes.length > 0) {
        shop.runCommand({ createIndexes: name, indexes });
    }
}
print(`the collections are there: ${Object.keys(collections).join(', ')}`);
