'use strict';
// Loaded by NODE_OPTIONS=--require into every Node process of a run: sends https (any stock agent), http and fetch
// through the proxy that the environment names. Older Node versions know no proxy at all, newer ones only for their
// global agents. Uses Node's own modules only. Whatever it can't patch stays as it was: nothing leaks by that,
// because the process holds no real credential. Written for Node 14.18 and later: a syntax that one of them does not
// know would keep every Node process of the run from starting.

const { readFileSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const { Duplex } = require('node:stream');
const tls = require('node:tls');

const CONNECT_TIMEOUT_MS = 30_000;
const LONGEST_HEAD = 65_536;
const LONGEST_REFUSAL = 4_096;

// ---- Which proxy, for which target

/** The proxy that a variable names: where to dial, and what to show. Undefined unless it is a plain http one. */
function readProxy(text) {
  if (!text) return undefined;
  let url;
  try { url = new URL(text.includes('://') ? text : `http://${text}`); } catch { return undefined; }
  if (url.protocol !== 'http:') return undefined;
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    host: unbracketed(url.hostname),
    port: Number(url.port) || 80,
    authorization: login === ':' ? undefined : `Basic ${Buffer.from(login).toString('base64')}`,
  };
}

function unbracketed(host) {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** NO_PROXY as a list of tests: `*`, a host (and what is below it), `.suffix`, `*.suffix`, address, CIDR; `:port`. */
function readExceptions(text) {
  return (text || '').toLowerCase().split(/[\s,]+/).filter(Boolean).map((entry) => {
    if (entry === '*') return () => true;
    const cidr = /^([0-9a-f.:]+)\/(\d+)$/.exec(entry);
    if (cidr && net.isIP(cidr[1])) return subnetTest(cidr[1], Number(cidr[2]));
    const [, name, port] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) || [, entry];
    const host = unbracketed(name).replace(/^\*?\./, '');
    return (target) => (!port || Number(port) === target.port)
      && (target.host === host || (net.isIP(host) === 0 && target.host.endsWith(`.${host}`)));
  });
}

function subnetTest(address, bits) {
  let list;
  try {
    list = new net.BlockList();
    list.addSubnet(address, bits, net.isIP(address) === 6 ? 'ipv6' : 'ipv4');
  } catch {
    return () => false;
  }
  return ({ host }) => net.isIP(host) !== 0 && list.check(host, net.isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

const env = process.env;
const proxies = {
  'https:': readProxy(env.https_proxy || env.HTTPS_PROXY),
  'http:': readProxy(env.http_proxy || env.HTTP_PROXY),
};
const exceptions = readExceptions(env.no_proxy || env.NO_PROXY);

/** The proxy for a target, or undefined: reach it directly. A proxy is never asked for itself. */
function proxyFor(protocol, host, port) {
  const proxy = proxies[protocol];
  if (!proxy) return undefined;
  const target = { host: unbracketed(String(host).toLowerCase()).replace(/\.$/, ''), port: Number(port) };
  const isProxy = Object.values(proxies).some((one) => one && one.host === target.host && one.port === target.port);
  return isProxy || exceptions.some((matches) => matches(target)) ? undefined : proxy;
}

function authorityOf(host, port) {
  return (net.isIP(host) === 6 ? `[${host}]` : host) + (port === undefined ? '' : `:${port}`);
}

// ---- CONNECT

/** Opens a tunnel; `done(error)` or `done(null, socket)`, once. Returns the socket, so that it can be given up. */
function openTunnel(proxy, authority, done) {
  const socket = net.connect({ host: proxy.host, port: proxy.port }).setNoDelay(true).setKeepAlive(true);
  let received = Buffer.alloc(0);
  const finish = (error) => {
    socket.setTimeout(0);
    socket.off('data', onData).off('end', onEnd).off('error', finish).off('close', onEnd).off('timeout', onTimeout);
    if (!error) return done(null, socket);
    socket.on('error', () => {}).destroy();
    done(error);
  };
  const onEnd = () => finish(refusal(authority, received) || lost(authority, 'closed the connection'));
  const onTimeout = () => finish(refusal(authority, received) || lost(authority, 'did not answer in time'));
  const onData = (chunk) => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return received.length > LONGEST_HEAD ? finish(lost(authority, 'sent no answer')) : undefined;
    if (/^HTTP\/1\.[01] 2\d\d/.test(received.toString('latin1', 0, 12))) {
      socket.pause();
      const early = received.subarray(end + 4);
      if (early.length > 0) socket.unshift(early);
      return finish();
    }
    if (isWhole(received, end)) finish(refusal(authority, received));
  };
  socket.on('data', onData).on('end', onEnd).on('error', finish).on('close', onEnd);
  socket.setTimeout(CONNECT_TIMEOUT_MS, onTimeout);
  const login = proxy.authorization ? `Proxy-Authorization: ${proxy.authorization}\r\n` : '';
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${login}\r\n`);
  return socket;
}

/** Whether a refused CONNECT's content is there, or as much of it as anybody reads. */
function isWhole(received, end) {
  const length = /^content-length:\s*(\d+)\s*$/im.exec(received.toString('latin1', 0, end));
  const wanted = length ? Number(length[1]) : LONGEST_REFUSAL;
  return received.length - end - 4 >= Math.min(wanted, LONGEST_REFUSAL);
}

function lost(authority, what) {
  const error = new Error(`The proxy ${what} when asked for ${authority}`);
  return Object.assign(error, { code: 'ERR_PROXY_TUNNEL' });
}

/** A refused CONNECT as an error that tells what the proxy said; undefined when it said nothing whole. */
function refusal(authority, received) {
  const end = received.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d\d\d) ?([^\r\n]*)/.exec(received.toString('latin1', 0, Math.max(end, 0)));
  if (!status) return undefined;
  const body = received.toString('utf8', end + 4, end + 4 + LONGEST_REFUSAL).trim();
  const said = [...new Set([status[2], ...messagesIn(body)])].filter(Boolean).join(': ');
  const error = new Error(`The proxy refused ${authority}: ${`${status[1]} ${said}`.trim()}`);
  return Object.assign(error, { code: 'ERR_PROXY_TUNNEL', statusCode: Number(status[1]), reason: status[2], body });
}

/** What a content says in words: the fields of a refusal of ours, or some text. */
function messagesIn(body) {
  try {
    const { code, message } = JSON.parse(body);
    return [code, message].filter((one) => typeof one === 'string');
  } catch {
    return body.startsWith('<') ? [] : [body.slice(0, 300)];
  }
}

/**
 * A tunnel that can be used before it is open, because many agents expect a socket at once (agentkeepalive, which
 * several vendors' SDKs bring, breaks on one that comes later).
 */
class Tunnel extends Duplex {
  constructor(proxy, authority) {
    super({ autoDestroy: false });
    this.ready = false;
    this.waiting = null;
    this.raw = openTunnel(proxy, authority, (error) => (error ? this.fail(error) : this.open()));
  }

  open() {
    if (this.destroyed) return this.raw.destroy();
    this.ready = true;
    this.raw.on('data', (chunk) => { if (!this.push(chunk)) this.raw.pause(); });
    this.raw.on('end', () => this.push(null));
    this.raw.on('error', (error) => this.fail(error));
    this.raw.on('close', () => this.destroy());
    this.raw.resume();
    const waiting = this.waiting;
    this.waiting = null;
    if (waiting) waiting();
  }

  /** Errors go to the TLS socket, whose owner listens; a wrapped stream's own are nobody's. */
  fail(error) {
    if (this.owner) this.owner.destroy(error);
    this.destroy();
  }

  whenReady(action) {
    if (this.ready) action();
    else this.waiting = action;
  }

  _read() { if (this.ready) this.raw.resume(); }
  _write(chunk, _encoding, callback) { this.whenReady(() => this.raw.write(chunk, callback)); }
  _final(callback) { this.whenReady(() => this.raw.end(callback)); }
  _destroy(error, callback) {
    this.raw.on('error', () => {}).destroy();
    callback(error);
  }
}

// ---- https: every agent that keeps the stock createConnection, own ones included

let ownAuthority;
/** Adds our CA where code brings its own list, which replaces the one that NODE_EXTRA_CA_CERTS adds to. */
function trusting(ca) {
  if (!ca) return ca;
  try {
    ownAuthority = ownAuthority || readFileSync(path.join(__dirname, 'ca.pem'), 'utf8');
    return [].concat(ca, ownAuthority);
  } catch {
    return ca;
  }
}

/** createConnection's arguments come in four orders: (options), (port, options), (port, host, options). */
function connectionOptions(args) {
  const options = { ...args.find((one) => one !== null && typeof one === 'object') };
  if (typeof args[0] === 'number') options.port = args[0];
  if (typeof args[1] === 'string') options.host = args[1];
  return options;
}

/** Newer Node versions give their global agents a proxy of their own: two tunnels would nest. */
function dropBuiltInProxy(agent) {
  for (const symbol of Object.getOwnPropertySymbols(agent)) {
    if (symbol.description === 'kProxyConfig') agent[symbol] = null;
  }
}

function patchHttps() {
  const stock = https.Agent.prototype.createConnection;
  https.Agent.prototype.createConnection = function createConnection(...args) {
    const options = connectionOptions(args);
    const host = options.host || 'localhost';
    const port = Number(options.port) || 443;
    const proxy = options.socket || options.socketPath ? undefined : proxyFor('https:', host, port);
    if (!proxy) return stock.apply(this, args);
    dropBuiltInProxy(this);
    const tunnel = new Tunnel(proxy, authorityOf(host, port));
    const socket = stock.call(this, { ...options, host, port, ca: trusting(options.ca), socket: tunnel });
    return owning(socket, tunnel, options.timeout);
  };
  dropBuiltInProxy(https.globalAgent);
}

/** A wrapped stream has no handle: without this an idle pooled socket would keep the process alive. */
function owning(socket, tunnel, timeout) {
  tunnel.owner = socket;
  for (const name of ['ref', 'unref']) {
    socket[name] = function refOrUnref() {
      tunnel.raw[name]();
      return tls.TLSSocket.prototype[name].call(this);
    };
  }
  if (timeout) socket.setTimeout(timeout);
  return socket;
}

// ---- http: absolute-form to the proxy

function patchHttp() {
  const stock = http.Agent.prototype.addRequest;
  const { createSocket } = http.Agent.prototype;
  http.Agent.prototype.addRequest = function addRequest(request, options, ...legacy) {
    // Agents that make their own connections (proxy agents) know where to go, and so does who sends CONNECT.
    const isOurs = this.protocol === 'http:' && request.method !== 'CONNECT' && this.createSocket === createSocket
      && typeof options === 'object' && !options.socketPath && !this.options.socketPath && !hasBuiltInProxy(this);
    const host = isOurs ? options.host || 'localhost' : undefined;
    const port = isOurs ? Number(options.port) || 80 : undefined;
    const proxy = isOurs ? proxyFor('http:', host, port) : undefined;
    if (!proxy) return stock.call(this, request, options, ...legacy);
    makeAbsolute(request, `http://${authorityOf(host, port === 80 ? undefined : port)}`, proxy);
    const { lookup, family, localAddress, servername, ...rest } = options;
    return stock.call(this, request, { ...rest, hostname: proxy.host, host: proxy.host, port: proxy.port });
  };
  dropBuiltInProxy(http.globalAgent);
}

function hasBuiltInProxy(agent) {
  return Object.getOwnPropertySymbols(agent).some((one) => one.description === 'kProxyConfig' && agent[one]);
}

function makeAbsolute(request, origin, proxy) {
  const before = request.path;
  request.path = origin + (before.startsWith('/') ? before : `/${before}`);
  if (!request._header) {
    if (proxy.authorization) request.setHeader('Proxy-Authorization', proxy.authorization);
    return;
  }
  // Given as an array, or with Expect, the head is text already, and with Expect it is queued too.
  const login = proxy.authorization ? `Proxy-Authorization: ${proxy.authorization}\r\n` : '';
  const old = request._header;
  const line = `${request.method} ${before} HTTP/1.1\r\n`;
  if (!old.startsWith(line)) return;
  request._header = `${request.method} ${request.path} HTTP/1.1\r\n${login}${old.slice(line.length)}`;
  const queued = request.outputData && request.outputData[0];
  if (queued && typeof queued.data === 'string' && queued.data.startsWith(old)) {
    queued.data = request._header + queued.data.slice(old.length);
  }
}

// ---- fetch, and undici's own functions as long as they use the global dispatcher

const dispatcherNames = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];

/** A plain agent of the fetch that Node brings: the global dispatcher, or a part of the proxying one. */
function plainAgent(dispatcher) {
  if (!dispatcher || dispatcher.constructor.name === 'Agent') return dispatcher;
  const parts = Object.getOwnPropertySymbols(dispatcher).map((symbol) => dispatcher[symbol]);
  return parts.find((part) => part && part.constructor && part.constructor.name === 'Agent');
}

/** undici's connector: `callback(error)` or `callback(null, socket)`. */
function connectByTunnel({ hostname, port, servername }, callback) {
  const host = unbracketed(hostname);
  const target = Number(port) || 443;
  const proxy = proxyFor('https:', host, target);
  openTunnel(proxy, authorityOf(host, target), (error, raw) => {
    if (error) return callback(error);
    const name = servername || (net.isIP(host) ? undefined : host);
    const socket = tls.connect({ socket: raw, host, port: target, servername: name, ALPNProtocols: ['http/1.1'] });
    const failed = (problem) => callback(problem);
    socket.once('error', failed).once('secureConnect', () => {
      socket.off('error', failed);
      callback(null, socket);
    });
  });
}

function patchFetch() {
  void globalThis.Response; // Loads undici, which sets its dispatcher.
  const base = plainAgent(globalThis[dispatcherNames[0]]);
  if (!base) return;
  const tunnels = new base.constructor({ connect: connectByTunnel });
  const { dispatch } = tunnels;
  tunnels.dispatch = function dispatchByProxy(options, handler) {
    const origin = options.origin === undefined ? undefined : new URL(String(options.origin));
    const port = origin && (Number(origin.port) || (origin.protocol === 'https:' ? 443 : 80));
    const proxy = origin && !options.socketPath ? proxyFor(origin.protocol, origin.hostname, port) : undefined;
    if (!proxy) return base.dispatch(options, handler);
    if (origin.protocol === 'https:') return dispatch.call(tunnels, options, handler);
    return base.dispatch(absolute(options, origin, proxy), handler);
  };
  for (const name of dispatcherNames) if (globalThis[name]) globalThis[name] = tunnels;
  replaceBuiltInProxy(base.constructor, tunnels);
}

/**
 * With NODE_USE_ENV_PROXY newer Node versions put their own proxying dispatcher in place after this file was run.
 * It hides why a CONNECT was refused and tries again without end when one is dropped: ours does its work.
 */
function replaceBuiltInProxy(Agent, tunnels) {
  const every = Object.getPrototypeOf(Agent.prototype);
  const { dispatch } = every;
  every.dispatch = function dispatchUnlessBuiltInProxy(options, handler) {
    const isBuiltIn = this.constructor.name === 'EnvHttpProxyAgent';
    return isBuiltIn ? tunnels.dispatch(options, handler) : dispatch.call(this, options, handler);
  };
}

function absolute(options, origin, proxy) {
  const fields = headerList(options.headers);
  if (!fields.some(([name]) => String(name).toLowerCase() === 'host')) fields.push(['host', origin.host]);
  if (proxy.authorization) fields.push(['proxy-authorization', proxy.authorization]);
  return {
    ...options,
    origin: `http://${authorityOf(proxy.host, proxy.port)}`,
    path: origin.origin + options.path,
    headers: fields.flat(),
  };
}

/** undici takes a flat list, pairs, an iterable or an object. */
function headerList(headers) {
  if (!headers) return [];
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  }
  const pairs = typeof headers[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers);
  return pairs.flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => [name, one]) : [[name, value]]));
}

// ----

const loaded = Symbol.for('cofferdam.preload');
if (!globalThis[loaded] && (proxies['https:'] || proxies['http:'])) {
  Object.defineProperty(globalThis, loaded, { value: true });
  for (const patch of [patchHttps, patchHttp, patchFetch]) {
    try { patch(); } catch (error) { process.emitWarning(`cofferdam: ${patch.name} failed: ${error.message}`); }
  }
}
