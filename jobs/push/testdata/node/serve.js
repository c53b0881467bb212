// Starts the push service of web-push-testing on a free loopback port, prints
// the port, and ends when standard input does.
const {PushApiModel} = require('web-push-testing/src/PushApiModel.js');
const Server = require('web-push-testing/src/server.js');

const model = new PushApiModel();
const server = new Server(model, 0);
server.setRequestHandlers();
const listener = server._app.listen(0, '127.0.0.1', () => {
  const {port} = listener.address();
  model.notifyUrl = `http://127.0.0.1:${port}/notify/`;
  console.log(port);
});
process.stdin.on('end', () => process.exit(0)).resume();
