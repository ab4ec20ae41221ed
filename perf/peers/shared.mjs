// What belongs to no framework: processes, PostgreSQL, Redis, cache, and what the two routes do. On: sessions that can be ended,
// isolation by a where clause and by row-level security, idempotency, quota and audit in the transaction of the write.
import cluster from 'node:cluster';
import { createHash, createHmac } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';

process.env.NODE_ENV = 'production';

export const secret = required('PEER_SECRET');
export const window = { limit: Number(process.env.PEER_LIMIT ?? 1_000_000_000), milliseconds: 60_000 };
export const maxBody = 100 * 1024;

const defaultPage = 25, maxPage = 100, cacheSeconds = 300;

// Commands of requests that run at the same time go to Redis in one write.
export const redis = new Redis(required('REDIS_URL'), { enableAutoPipelining: true });
redis.on('error', error => console.error(error.message));

// As PostgreSQL writes it in UTC, but for two characters. It is read as text: a Date would be made only to be written again.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, text => `${text.replace(' ', 'T')}:00`);

const pool = new pg.Pool({
  connectionString: required('DATABASE_URL'),
  // Row-level security does not apply to superusers and owners, whatever the benchmark connects as.
  options: '-c role=peers_app -c timezone=UTC',
  max: Number(process.env.DB_POOL_MAX ?? 20),
  min: 5,
  idleTimeoutMillis: 30_000,
  connectionTimeoutMillis: 5_000,
  // The statements of a transaction go out together, without waiting for each other's results.
  pipeline: true,
});
pool.on('error', error => console.error(error.message));

/** Runs `serve`, which listens on the port that it is given, in PEER_PROCESSES processes. */
export function run(serve) {
  const processes = Number(process.env.PEER_PROCESSES ?? 2), port = Number(process.env.PORT ?? 3000);
  if (cluster.isWorker) return serve(port);
  let stopping = false, listening = 0;
  for (let i = 0; i < processes; i++) cluster.fork();
  cluster.on('listening', () => {
    if (++listening === processes) console.log(`All ${processes} processes listen on port ${port}.`);
  });
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return;
    // It is not replaced: a benchmark must not hide a crash.
    console.error(`Process ${worker.process.pid} ended with ${signal ?? code}.`);
    process.exit(1);
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      stopping = true;
      for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
      process.exit(0);
    });
  }
  // The parent serves nothing, and needs neither.
  redis.disconnect();
  return undefined;
}

/** Whether the session of a valid token still is one of its user's. */
export async function isSession(claims) {
  if (!claims.sid || !claims.sub || !claims.company) return false;
  const session = await redis.get(`session:${claims.sid}`);
  if (session === null) return false;
  const { user, company } = JSON.parse(session);
  return user === claims.sub && company === claims.company;
}

const roles = new Set(['member', 'admin', 'owner']);

/** Whether the caller may read and make tasks. */
export const isMember = claims => roles.has(claims.role);

/** Body of an error, as RFC 9457 has it. */
export const problem = (status, title, detail) => ({ status, title, detail });

/** Items of a page, or null when the query says nonsense. */
export function pageSize(limit) {
  if (limit === undefined) return defaultPage;
  const number = Number(limit);
  return Number.isInteger(number) && number >= 1 && number <= maxPage ? number : null;
}

const cacheKey = company => `cache:${company}:tasks`;
const loading = new Map();

/** The company's newest tasks as JSON, from the cache unless `fresh`. */
export async function listTasks(company, limit, fresh) {
  if (fresh) return loadTasks(company, limit);
  // One hash for a company, a field for each size of page: a write invalidates all with one command.
  const cached = await redis.hget(cacheKey(company), limit);
  if (cached !== null) return cached;
  const key = `${company}:${limit}`;
  let load = loading.get(key);
  if (load === undefined) {
    load = loadAndKeep(company, limit).finally(() => {
      if (loading.get(key) === load) loading.delete(key);
    });
    loading.set(key, load);
  }
  return load;
}

async function loadAndKeep(company, limit) {
  const json = await loadTasks(company, limit);
  const key = cacheKey(company);
  await Promise.all([redis.hset(key, limit, json), redis.expire(key, cacheSeconds, 'NX')]);
  return json;
}

async function loadTasks(company, limit) {
  const [{ rows }] = await transaction(company, [{
    name: 'list-tasks',
    text: `select id, title, description, status, due_at as "dueAt", created_by as "createdBy", assignee_id as "assigneeId",
                  created_at as "createdAt", updated_at as "updatedAt"
             from peers.tasks where company_id = $1 order by id desc limit $2`,
    values: [company, limit + 1],
  }]);
  // One row more than asked for tells whether there is another page.
  const hasMore = rows.length > limit;
  if (hasMore) rows.pop();
  const nextCursor = hasMore ? cursor(company, rows[limit - 1].id) : null;
  return JSON.stringify({ items: rows, page: { limit, nextCursor, hasMore } });
}

// The last row's key and a signature, as large as ScaleHub's.
function cursor(company, id) {
  const key = Buffer.from(id.replaceAll('-', ''), 'hex');
  const signature = createHmac('sha256', secret).update(`${company}:tasks:${id}`).digest().subarray(0, 16);
  return Buffer.concat([key, signature]).toString('base64url');
}

/** Makes a task, once for each idempotency key. Answers `{ status, body, replayed }`; the body is JSON. */
export async function createTask({ sub: user, company }, key, request) {
  const wrong = whatIsWrong(key, request);
  if (wrong) return refusal(400, 'Bad Request', wrong);
  const now = new Date(), at = instant(now);
  const task = {
    id: uuidv7({ msecs: now.getTime() }),
    title: request.title,
    description: request.description ?? null,
    status: request.status ?? 'todo',
    dueAt: request.dueAt ? instant(new Date(request.dueAt)) : null,
    createdBy: user,
    assigneeId: request.assigneeId === undefined ? user : request.assigneeId,
    createdAt: at,
    updatedAt: at,
  };
  const body = JSON.stringify(task);
  const hash = createHash('sha256').update(JSON.stringify(request)).digest();
  try {
    // All in one go: a statement that a constraint refuses takes the whole transaction back, and the constraint says why.
    await transaction(company, [
      ...key === undefined ? [] : [{
        name: 'keep-answer',
        text: `insert into peers.idempotency_keys (company_id, user_id, key, body_hash, status, body)
               values ($1, $2, $3, $4, 201, $5)`,
        values: [company, user, key, hash, body],
      }],
      {
        name: 'insert-task',
        text: `insert into peers.tasks
                   (company_id, id, title, description, status, due_at, created_by, assignee_id, created_at, updated_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
        values: [company, task.id, task.title, task.description, task.status, task.dueAt, user, task.assigneeId, at],
      },
      {
        name: 'insert-audit',
        text: `insert into peers.audit_entries (company_id, id, actor_id, action, resource_id, changes, created_at)
               values ($1, $2, $3, 'task.created', $4, $5, $6)`,
        values: [company, uuidv7(), user, task.id, body, at],
      },
      // Last, as others of the company wait for it until the commit.
      {
        name: 'take-quota',
        text: "update peers.quota_counters set used = used + 1 where company_id = $1 and resource = 'tasks'",
        values: [company],
      },
    ]);
  } catch (error) {
    switch (error.constraint) {
      case 'idempotency_keys_pkey': return answerBefore(company, user, key, hash);
      case 'quota': return refusal(403, 'Forbidden', 'The plan allows no more tasks.');
      case 'tasks_company_id_assignee_id_fkey': return refusal(409, 'Conflict', 'assigneeId: there is no such user.');
      default: throw error;
    }
  }
  // Whoever misses from now on reads what was written, and does not join a read that began before.
  for (const list of loading.keys()) if (list.startsWith(company)) loading.delete(list);
  await redis.del(cacheKey(company));
  return { status: 201, body, replayed: false };
}

async function answerBefore(company, user, key, hash) {
  const [{ rows: [before] }] = await transaction(company, [{
    name: 'answer-before',
    text: 'select body_hash, status, body from peers.idempotency_keys where company_id = $1 and user_id = $2 and key = $3',
    values: [company, user, key],
  }]);
  return before.body_hash.equals(hash)
    ? { status: before.status, body: before.body, replayed: true }
    : refusal(422, 'Unprocessable Content', 'The Idempotency-Key was used for another body.');
}

// As it comes back from the database, which writes no zeros at the end.
const instant = date => date.toISOString().replace(/\.?0*Z$/, '+00:00');

const refusal = (status, title, detail) => ({ status, body: JSON.stringify(problem(status, title, detail)), replayed: false });

const states = new Set(['todo', 'doing', 'done']);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/;

function whatIsWrong(key, request) {
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) return 'Idempotency-Key: use 1 to 255 visible ASCII characters.';
  if (request === null || typeof request !== 'object' || Array.isArray(request)) return 'Send a JSON object.';
  const { title, description, status, dueAt, assigneeId } = request;
  if (!isText(title) || title.length < 1 || title.length > 200) return 'title: use 1 to 200 characters.';
  if (description != null && !(isText(description) && description.length <= 10_000))
    return 'description: use at most 10,000 characters.';
  if (status !== undefined && !states.has(status)) return 'status: use todo, doing or done.';
  if (dueAt != null && !(timestamp.test(dueAt) && !Number.isNaN(Date.parse(dueAt)))) return 'dueAt: use a time with an offset.';
  if (assigneeId != null && !uuid.test(assigneeId)) return 'assigneeId: use the id of a user.';
  return undefined;
}

// PostgreSQL takes no NUL.
const isText = value => typeof value === 'string' && !value.includes('\0');

/** Runs statements as a company, in one transaction and one round trip, and answers their results. */
async function transaction(company, statements) {
  const client = await pool.connect();
  // All have to be over before the connection is another's.
  const results = await Promise.allSettled([
    client.query('begin'),
    client.query({ name: 'set-company', text: "select set_config('app.company_id', $1, true)", values: [company] }),
    ...statements.map(statement => client.query(statement)),
    // Rolls back when a statement before has failed.
    client.query('commit'),
  ]);
  const failed = results.find(result => result.status === 'rejected');
  // An error of the database leaves a usable connection; any other does not.
  client.release(failed && !(failed.reason instanceof pg.DatabaseError) ? failed.reason : undefined);
  if (failed) throw failed.reason;
  return results.slice(2, -1).map(result => result.value);
}

function required(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`Set ${name}.`);
    process.exit(1);
  }
  return value;
}
