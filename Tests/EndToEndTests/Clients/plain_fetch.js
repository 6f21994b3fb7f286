const { surroundings, told, fields, cases } = require('./common.js');

(async () => {
  surroundings();
  for (const name of Object.keys(cases)) {
    const [path, body] = cases[name];
    const answer = await fetch('https://api.stripe.com' + path, { method: 'POST', headers: fields, body });
    told(name, answer.status, await answer.json());
  }
})();
