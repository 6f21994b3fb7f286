const https = require('https');
const { surroundings, told, fields, cases } = require('./common.js');

// An agent of its own, as SDKs have one.
const agent = new https.Agent({ keepAlive: true });

function post([path, form]) {
  return new Promise((resolve, reject) => {
    const options = { host: 'api.stripe.com', path, method: 'POST', headers: fields, agent };
    const request = https.request(options, (answer) => {
      let text = '';
      answer.on('data', (piece) => (text += piece));
      answer.on('end', () => resolve([answer.statusCode, JSON.parse(text)]));
    });
    request.on('error', reject);
    request.end(form);
  });
}

(async () => {
  surroundings();
  for (const name of Object.keys(cases)) told(name, ...(await post(cases[name])));
  agent.destroy();
})();
