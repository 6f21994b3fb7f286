// What every agent here does: it tells what it saw, one JSON object a line, and shows all that it was given.
const fs = require('fs');

exports.tell = (name, seen) => console.log(JSON.stringify({ case: name, ...seen }));
exports.surroundings = () =>
  exports.tell('surroundings', { environ: fs.readFileSync('/proc/self/environ', 'latin1'), environment: process.env });
exports.told = (name, status, answer) =>
  exports.tell(name, { status, id: answer.id, code: answer.code, message: answer.message });
exports.fields = {
  Authorization: 'Bearer ' + process.env.STRIPE_API_KEY,
  'Content-Type': 'application/x-www-form-urlencoded',
};
exports.cases = {
  allowed: ['/v1/payment_intents', 'amount=1300&currency=usd'],
  refused: ['/v1/payouts', 'amount=500&currency=usd'],
};
