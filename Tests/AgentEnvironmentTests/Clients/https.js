'use strict';
// usage: node https.js GATEWAY_PORT: one line of JSON for each case, in order: {"case", ...what came back}.

const http = require('node:http');
const https = require('node:https');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

const gateway = Number(process.argv[2]);

/** One request; resolves to the parsed answer, or to {error, code, statusCode}. */
function ask(module, url, options = {}, content) {
  return new Promise((resolve) => {
    const fail = (error) => resolve({ error: error.message, code: error.code, name: error.name, statusCode: error.statusCode });
    const request = module.request(url, options, (response) => {
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

async function readEvents(url) {
  const began = performance.now();
  const arrivals = [];
  for await (const chunk of (await fetch(url)).body) arrivals.push([Buffer.from(chunk).toString().trim(), performance.now() - began]);
  return { events: arrivals.map(([text]) => text), spread: arrivals.at(-1)[1] - arrivals[0][1] };
}

const site = 'https://api.vendor.test';
const plain = 'http://api.vendor.test';
const big = 'x'.repeat(300_000);

const cases = {
  'global agent': () => ask(https, `${site}/v1/a?b=c`),
  'own agent': () => ask(https, `${site}/v1`, { agent: new https.Agent({ keepAlive: true }) }),
  'agent false': () => ask(https, `${site}/v1`, { agent: false }),
  'agent that needs its socket at once': () => ask(https, `${site}/v1`, { agent: new EagerAgent({ keepAlive: true }) }),
  'agent with a list of its own': () => ask(https, `${site}/v1`, { agent: new https.Agent({ ca: require('node:tls').rootCertificates[0] }) }),
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
  'plain, fields as a list': () => ask(http, `${plain}/v1`, { method: 'POST', headers: ['Host', 'api.vendor.test', 'Content-Length', '3'] }, 'abc'),
  'plain, expect': () => ask(http, `${plain}/v1`, { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': '3' } }, 'abc'),
  'plain, large content': () => ask(http, `${plain}/v1`, { method: 'POST' }, big),
  'fetch': () => fetchJSON(`${site}/v1/a?b=c`, { headers: { Authorization: 'Bearer x' } }),
  'fetch, large content': () => fetchJSON(`${site}/v1`, { method: 'POST', body: big }),
  'fetch, events': () => readEvents(`${site}/sse`),
  'fetch, refused': () => fetchJSON('https://refused.test/'),
  'fetch, dropped': () => fetchJSON('https://dropped.test/'),
  'fetch, aborted while connecting': () => fetchJSON('https://silent.test/', { signal: AbortSignal.timeout(50) }),
  'fetch, plain': () => fetchJSON(`${plain}/v1/a?b=c`, { method: 'POST', body: 'abc' }),
  'fetch, loopback': () => fetchJSON(`http://127.0.0.1:${gateway}/stripe/v1`),
  'worker': () => new Promise((resolve) => { new Worker(__filename).on('message', resolve); }),
};

async function main() {
  for (const [name, run] of Object.entries(cases)) {
    process.stdout.write(`${JSON.stringify({ case: name, ...await run() })}\n`);
  }
}

if (isMainThread) main();
else Promise.all([ask(https, `${site}/v1`), fetchJSON(`${site}/v1`)]).then(([one, two]) => parentPort.postMessage({ way: one.way, fetch: two.way }));
