// Makes the schema, a company with a user and PEER_TASKS tasks (25 by default), and a session; prints {"token", "company"}.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';

const hours = 12, tasks = Number(process.env.PEER_TASKS ?? 25), quota = Number(process.env.PEER_QUOTA ?? 1_000_000_000);
const [company, user, sid] = [uuidv7(), uuidv7(), randomUUID()];

const db = new pg.Client({ connectionString: process.env.DATABASE_URL });
await db.connect();
await db.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
await db.query("insert into peers.companies values ($1, 'Perf')", [company]);
await db.query("insert into peers.users values ($1, $2, 'perf@company.example')", [company, user]);
await db.query("insert into peers.quota_counters values ($1, 'tasks', $2, $3)", [company, tasks, quota]);
for (let i = 0; i < tasks; i++) {
  // As perf/run names them, for pages of the same size.
  await db.query(
    `insert into peers.tasks (company_id, id, title, created_by, assignee_id, created_at, updated_at)
     values ($1, $2, $3, $4, $4, clock_timestamp(), clock_timestamp())`,
    [company, uuidv7(), `Call supplier ${i} about the delivery that is late`, user]);
}
// The planner knows the new tables.
await db.query('analyze peers.tasks, peers.users, peers.quota_counters');
await db.end();

const redis = new Redis(process.env.REDIS_URL);
await redis.set(`session:${sid}`, JSON.stringify({ user, company, role: 'member' }), 'EX', hours * 3600);
await redis.quit();

const token = jwt.sign({ sub: user, company, sid, role: 'member' }, process.env.PEER_SECRET, { expiresIn: `${hours}h` });
console.log(JSON.stringify({ token, company }));
