// For `node --require`: Discord's names lead to a port of this machine. See elsewhere.py.

const dns = require("node:dns");
const net = require("node:net");

dns.lookup = (name, options, callback) => {
  const done = callback ?? options;
  if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
  else done(null, "127.0.0.1", 4);
};
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...all) {
  const [first] = Array.isArray(all[0]) ? all[0] : all;
  if (first.port === 443 || first.port === "443") first.port = Number(process.env.ELSEWHERE_PORT);
  return connect.apply(this, all);
};
