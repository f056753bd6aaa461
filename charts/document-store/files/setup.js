// Starts the replica set, or brings its members and accounts to what the chart says. Safe to run again.
const fs = require('fs');
const [name, list] = process.env.MONGO_HOST.split('/');
const hosts = list.split(',');
const secret = (path) => fs.readFileSync(path, 'utf8').trim();
const tls = { tls: true, tlsCAFile: '/etc/secrets/tls/ca.pem' };
const admin = { username: secret('/etc/secrets/admin/username'), password: secret('/etc/secrets/admin/password') };
// Who has the keyfile is a member, and may do everything: without it nobody could make the first account from afar.
const member = { username: '__system', password: secret('/etc/secrets/keyfile/keyfile').replace(/\s/g, ''), source: 'local' };

// The members know each other by the names that clients use; a member's number never changes.
const wanted = { _id: name, members: hosts.map((host, _id) => ({ _id, host, priority: _id === 0 ? 2 : 1 })) };

function connected(hosts, { username, password, source = 'admin' }, options) {
  const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return new Mongo(`mongodb://${login}@${hosts}/admin?authSource=${source}&${options}`, tls);
}

const first = connected(hosts[0], member, 'directConnection=true').getDB('admin');
if (!first.hello().setName) {
  print(`starting the replica set ${name}`);
  first.adminCommand({ replSetInitiate: wanted });
}

const set = connected(list, member, `replicaSet=${name}`);
const adminDb = set.getDB('admin');
const current = adminDb.adminCommand({ replSetGetConfig: 1 }).config;
// One member at a time: more in one step could lose the majority, and mongod refuses it.
const missing = wanted.members.filter((m) => !current.members.some((c) => c.host === m.host));
const surplus = current.members.filter((c) => !hosts.includes(c.host));
for (const change of [...missing.map((m) => (ms) => [...ms, m]), ...surplus.map((s) => (ms) => ms.filter((m) => m.host !== s.host))]) {
  current.version += 1;
  current.members = change(current.members);
  print(`members: ${current.members.map((m) => m.host).join(', ')}`);
  adminDb.adminCommand({ replSetReconfig: current });
}

if (adminDb.getUser(admin.username)) {
  adminDb.updateUser(admin.username, { pwd: admin.password, roles: ['root'] });
} else {
  adminDb.createUser({ user: admin.username, pwd: admin.password, roles: ['root'] });
}

for (const [database, roles] of Object.entries(JSON.parse(process.env.ACCOUNTS))) {
  const db = set.getDB(database);
  const password = secret(`/etc/secrets/account-${database}/password`);
  const grants = roles.map((role) => ({ role, db: database }));
  if (db.getUser(database)) {
    db.updateUser(database, { pwd: password, roles: grants });
  } else {
    print(`account ${database}`);
    db.createUser({ user: database, pwd: password, roles: grants });
  }
}
