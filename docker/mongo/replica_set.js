// Initiates the replica set if it has not been, and waits for a primary and two secondaries. May be run again.
// Reads MEMBERS (`host:port …`), MONGO_USER, MONGO_PASSWORD, REPLICA_SET (rs0 if absent).

const hosts = process.env.MEMBERS.split(' ');
const user = encodeURIComponent(process.env.MONGO_USER);
const password = encodeURIComponent(process.env.MONGO_PASSWORD);
const set = process.env.REPLICA_SET || 'rs0';

// The first member has the user: a set is initiated where data is.
const first = connect(`mongodb://${user}:${password}@${hosts[0]}/admin?directConnection=true`);
try {
    first.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
    if (error.codeName !== 'NotYetInitialized') {
        throw error;
    }
    const members = hosts.map((host, id) => ({ _id: id, host }));
    first.adminCommand({ replSetInitiate: { _id: set, members } });
}

const states = () => first.adminCommand({ replSetGetStatus: 1 }).members.map((member) => member.stateStr).sort();
const wanted = ['PRIMARY', ...hosts.slice(1).map(() => 'SECONDARY')].join(' ');
const end = Date.now() + 120000;
while (states().join(' ') !== wanted) {
    if (Date.now() > end) {
        throw new Error(`the members are ${states().join(', ')} after two minutes`);
    }
    sleep(200);
}
print('the replica set is complete');
