// The peer on Hono: a cached list of tasks, the same from the database, and the making of a task. On: access token (HS256),
// session in Redis, role, limit of each company in Redis, and what shared.mjs says.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { jwt } from 'hono/jwt';
import { RedisStore, rateLimiter } from 'hono-rate-limiter';
import { createTask, isMember, isSession, listTasks, maxBody, pageSize, problem, redis, run, secret, window } from './shared.mjs';

run(async port => {
  // Made once: of a text, the middleware would make a key for each request.
  const key = await crypto.subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const app = new Hono();

  app.get('/health', c => c.json({ status: 'healthy' }));

  app.use('/tasks', jwt({ secret: key, alg: 'HS256' }), requireSession, rateLimiter({
    windowMs: window.milliseconds,
    limit: window.limit,
    standardHeaders: 'draft-7',
    keyGenerator: c => c.get('jwtPayload').company,
    message: problem(429, 'Too Many Requests', 'The company has used up its requests.'),
    store: new RedisStore({
      prefix: 'limit:',
      client: {
        scriptLoad: script => redis.script('LOAD', script),
        evalsha: (sha, keys, args) => redis.evalsha(sha, keys.length, ...keys, ...args),
        decr: name => redis.decr(name),
        del: name => redis.del(name),
      },
    }),
  }), requireMember);

  app.get('/tasks', async c => {
    const limit = pageSize(c.req.query('limit'));
    if (limit === null) return refuse(c, 400, 'Bad Request', 'limit: use 1 to 100.');
    return send(c, 200, await listTasks(c.get('jwtPayload').company, limit, c.req.query('fresh') === '1'));
  });

  app.post('/tasks', bodyLimit({ maxSize: maxBody }), async c => {
    let request;
    try {
      request = await c.req.json();
    } catch (error) {
      if (error instanceof SyntaxError) return refuse(c, 400, 'Bad Request', 'Send JSON.');
      throw error;
    }
    const { status, body, replayed } = await createTask(c.get('jwtPayload'), c.req.header('Idempotency-Key'), request);
    if (replayed) c.header('Idempotency-Replayed', 'true');
    return send(c, status, body);
  });

  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    console.error(error);
    return refuse(c, 500, 'Internal Server Error');
  });

  const server = serve({ fetch: app.fetch, port });
  server.keepAliveTimeout = 65_000;
});

async function requireSession(c, next) {
  if (await isSession(c.get('jwtPayload'))) return next();
  c.header('WWW-Authenticate', 'Bearer');
  return refuse(c, 401, 'Unauthorized', 'Send a valid access token of a session that has not ended.');
}

async function requireMember(c, next) {
  if (isMember(c.get('jwtPayload'))) return next();
  return refuse(c, 403, 'Forbidden', 'The role does not allow it.');
}

const send = (c, status, json) => c.body(json, status, { 'Content-Type': 'application/json; charset=utf-8' });

const refuse = (c, status, title, detail) => send(c, status, JSON.stringify(problem(status, title, detail)));
