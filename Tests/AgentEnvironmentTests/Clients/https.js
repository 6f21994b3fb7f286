'use strict';
// usage: node https.js GATEWAY_PORT [CASE...]: one line of JSON for each case, in order: {"case", ...what came back}.
// Without named cases all run, and the process is ended by force: a fetch that is given up leaves its CONNECT open.

const http = require('node:http');
const https = require('node:https');
const tls = require('node:tls');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

const gateway = Number(process.argv[2]);
const { username, password } = new URL(process.env.HTTPS_PROXY);
const login = `${username}:${password}`;
const named = process.argv.slice(3);

/** One request; resolves to the parsed answer, or to {error, code, statusCode}. */
function ask(module, url, options = {}, content) {
  return new Promise((resolve) => {
    const fail = ({ message, name, statusCode }) => resolve({ error: message, name, statusCode });
    const request = module.request(...(typeof url === 'string' ? [url, options] : [url]), (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; }).on('error', fail);
      response.on('end', () => resolve(text ? JSON.parse(text) : { status: response.statusCode }));
    });
    request.on('error', fail);
    if (options.onRequest) options.onRequest(request);
    request.end(content);
  });
}

/** As agentkeepalive does it: needs the socket at once. */
class EagerAgent extends https.Agent {
  createConnection(...args) {
    const socket = super.createConnection(...args);
    socket.setNoDelay(true);
    return socket;
  }
}

async function fetchJSON(url, options) {
  try { return await (await fetch(url, options)).json(); } catch (error) {
    return { error: error.message, cause: error.cause && error.cause.message, name: error.name };
  }
}

/** Asks for the next event when one has come: one that is kept back somewhere keeps this waiting for ever. */
async function readEvents(url) {
  const events = [];
  for await (const chunk of (await fetch(url)).body) {
    events.push(Buffer.from(chunk).toString().trim());
    await ask(http, `http://127.0.0.1:${gateway}/next`);
  }
  return { events };
}

const site = 'https://api.vendor.test';
const plain = 'http://api.vendor.test';
const big = 'x'.repeat(300_000);

const cases = {
  'global agent': () => ask(https, `${site}/v1/a?b=c`),
  'own agent': () => ask(https, `${site}/v1`, { agent: new https.Agent({ keepAlive: true }) }),
  'agent false': () => ask(https, `${site}/v1`, { agent: false }),
  'agent that needs its socket at once': () => ask(https, `${site}/v1`, { agent: new EagerAgent() }),
  'agent with a list of its own': () => ask(https, `${site}/v1`, {
    agent: new https.Agent({ ca: tls.rootCertificates[0] }),
  }),
  'large content': () => ask(https, `${site}/v1`, { method: 'POST' }, big),
  'keep-alive': async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const answers = [];
    for (let at = 0; at < 3; at += 1) answers.push(await ask(https, `${site}/v1`, { agent }));
    const together = await Promise.all([1, 2, 3].map(() => ask(https, `${site}/v1`, { agent })));
    return { connections: new Set([...answers, ...together].map((one) => one.connection)).size };
  },
  'refused': () => ask(https, 'https://refused.test/'),
  'dropped': () => ask(https, 'https://dropped.test/'),
  'another name in the certificate': () => ask(https, 'https://impostor.test/'),
  'cut in the middle': () => ask(https, `${site}/cut`, { agent: new https.Agent({ keepAlive: true }) }),
  'aborted while connecting': () => {
    const control = new AbortController();
    setTimeout(() => control.abort(), 50);
    return ask(https, 'https://silent.test/', { signal: control.signal });
  },
  'timed out while connecting': () => ask(https, 'https://silent.test/', {
    timeout: 50, onRequest: (request) => request.on('timeout', () => request.destroy(new Error('my timeout'))),
  }),
  'aborted while waiting': () => {
    const control = new AbortController();
    setTimeout(() => control.abort(), 150);
    return ask(https, `${site}/slow`, { signal: control.signal });
  },
  'loopback': () => ask(http, `http://127.0.0.1:${gateway}/stripe/v1`),
  'plain': () => ask(http, `${plain}/v1/a?b=c`),
  'plain, own agent': () => ask(http, `${plain}/v1`, { agent: new http.Agent({ keepAlive: true }) }),
  'plain, port': () => ask(http, `${plain}:8080/v1`, { agent: false }),
  'plain, fields as a list': () => ask(http, `${plain}/v1`, {
    method: 'POST', headers: ['Host', 'api.vendor.test', 'Content-Length', '3'],
  }, 'abc'),
  'plain, expect': () => ask(http, `${plain}/v1`, {
    method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '3' },
  }, 'abc'),
  'plain, large content': () => ask(http, `${plain}/v1`, { method: 'POST' }, big),
  'a library that asks the proxy itself': () => ask(http, {
    host: '127.0.0.1', port: gateway, path: `${site}/v1`,
    headers: { Host: 'api.vendor.test', 'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}` },
  }),
  'fetch': () => fetchJSON(`${site}/v1/a?b=c`, { headers: { Authorization: 'Bearer x' } }),
  'fetch, large content': () => fetchJSON(`${site}/v1`, { method: 'POST', body: big }),
  'fetch, events': () => readEvents(`${site}/sse`),
  'fetch, refused': () => fetchJSON('https://refused.test/'),
  'fetch, dropped': () => fetchJSON('https://dropped.test/'),
  'fetch, another name in the certificate': () => fetchJSON('https://impostor.test/'),
  'fetch, cut in the middle': () => fetchJSON(`${site}/cut`),
  'fetch, aborted while connecting': () => fetchJSON('https://silent.test/', { signal: AbortSignal.timeout(50) }),
  'fetch, plain': () => fetchJSON(`${plain}/v1/a?b=c`, { method: 'POST', body: 'abc' }),
  'fetch, loopback': () => fetchJSON(`http://127.0.0.1:${gateway}/stripe/v1`),
  'worker': () => new Promise((resolve) => { new Worker(__filename).on('message', resolve); }),
};

async function main() {
  for (const name of named.length > 0 ? named : Object.keys(cases)) {
    process.stdout.write(`${JSON.stringify({ case: name, ...await cases[name]() })}\n`);
  }
  if (named.length === 0) process.exit();
}

async function inWorker() {
  const [one, two] = await Promise.all([ask(https, `${site}/v1`), fetchJSON(`${site}/v1`)]);
  parentPort.postMessage({ way: one.way, fetch: two.way });
}

if (isMainThread) main();
else inWorker();
