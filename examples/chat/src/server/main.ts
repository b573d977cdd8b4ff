import { loadAuthKey } from './auth-key.js';
import { startChat } from './start-chat.js';

const DEFAULT_PORT = 8000;
const exampleDirectory = new URL('../../', import.meta.url);

function readPort(text: string | undefined): number {
  if (!text) return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT is "${text}": set it to a number from 0 to 65535, or unset it for 8000.`);
}

try {
  const chat = await startChat({
    port: readPort(process.env.PORT),
    authKey: await loadAuthKey(new URL('.cache/', exampleDirectory)),
    directories: [new URL('public/', exampleDirectory), new URL('../page/', import.meta.url)],
  });
  console.log(`The chat is open: http://localhost:${chat.port}/`);
  console.log('Open it in two tabs: every tab has its own login. Stop with Ctrl+C.');

  // Ctrl+C is for developers, who want it gone; SIGTERM is how a deployment replaces a process.
  process.once('SIGINT', () => chat.close().then(() => process.exit(0)));
  process.once('SIGTERM', () => chat.drain().then(() => process.exit(0)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
