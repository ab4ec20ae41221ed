// The peer on Express: a cached list of tasks, the same from the database, and the making of a task. On: access token (HS256),
// session in Redis, role, limit of each company in Redis, and what shared.mjs says.
import { createSecretKey } from 'node:crypto';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import jwt from 'jsonwebtoken';
import { RedisStore } from 'rate-limit-redis';
import { createTask, isMember, isSession, listTasks, maxBody, pageSize, problem, redis, run, secret, window } from './shared.mjs';

run(port => {
  const key = createSecretKey(secret, 'utf8');
  const app = express();
  app.disable('x-powered-by');

  app.get('/health', (request, response) => response.json({ status: 'healthy' }));

  app.use('/tasks', authenticate(key), rateLimit({
    windowMs: window.milliseconds,
    limit: window.limit,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    keyGenerator: request => request.claims.company,
    message: problem(429, 'Too Many Requests', 'The company has used up its requests.'),
    store: new RedisStore({ prefix: 'limit:', sendCommand: (command, ...args) => redis.call(command, ...args) }),
  }), requireMember);

  app.get('/tasks', async (request, response) => {
    const limit = pageSize(request.query.limit);
    if (limit === null) return refuse(response, 400, 'Bad Request', 'limit: use 1 to 100.');
    send(response, 200, await listTasks(request.claims.company, limit, request.query.fresh === '1'));
  });

  app.post('/tasks', express.json({ limit: maxBody }), async (request, response) => {
    const { status, body, replayed } = await createTask(request.claims, request.headers['idempotency-key'], request.body ?? null);
    if (replayed) response.setHeader('Idempotency-Replayed', 'true');
    send(response, status, body);
  });

  app.use((error, request, response, next) => {
    if (response.headersSent) return next(error);
    const status = error.status ?? 500;
    if (status >= 500) console.error(error);
    refuse(response, status, status >= 500 ? 'Internal Server Error' : 'Bad Request', error.expose ? error.message : undefined);
  });

  const server = app.listen(port);
  server.keepAliveTimeout = 65_000;
});

function authenticate(key) {
  return async (request, response, next) => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    try {
      if (scheme.toLowerCase() !== 'bearer' || !token) return unauthorized(response);
      request.claims = jwt.verify(token, key, { algorithms: ['HS256'] });
    } catch {
      return unauthorized(response);
    }
    if (!await isSession(request.claims)) return unauthorized(response);
    next();
  };
}

function requireMember(request, response, next) {
  if (isMember(request.claims)) next();
  else refuse(response, 403, 'Forbidden', 'The role does not allow it.');
}

function unauthorized(response) {
  response.setHeader('WWW-Authenticate', 'Bearer');
  refuse(response, 401, 'Unauthorized', 'Send a valid access token of a session that has not ended.');
}

// Not response.send: it would hash each body for an ETag, and look the type up.
function send(response, status, json) {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(json);
}

const refuse = (response, status, title, detail) => send(response, status, JSON.stringify(problem(status, title, detail)));
