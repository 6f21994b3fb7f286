'use strict';
// usage: node where.js ADDRESS...: prints "direct" or "proxy" for each. Nothing is really looked up.

const https = require('node:https');

const lookup = (_host, _options, callback) => callback(new Error('direct'));

function where(address) {
  return new Promise((resolve) => {
    const isDirect = (error) => error.message === 'direct' || error.code === 'ECONNREFUSED';
    https.get(address, { lookup, agent: new https.Agent() }, () => resolve('proxy'))
      .on('error', (error) => resolve(isDirect(error) ? 'direct' : 'proxy'));
  });
}

Promise.all(process.argv.slice(2).map(where)).then((all) => console.log(all.join(' ')));
