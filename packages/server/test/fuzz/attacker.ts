import { connect } from 'node:net';
import { upgradeRequest } from '../support/upgrade-request.js';
import type { Conversation } from './arbitraries.js';
import { bytesOf, clientFrame } from './bytes.js';

const FAREWELL = clientFrame(0x88, Buffer.from([0x03, 0xe8]));
const DEADLINE_MS = 10_000;

/**
 * Holds one conversation over a TCP connection and waits until the server has hung up. Rejects when
 * it does not within ten seconds. A patient client waits for the answer to its upgrade, as RFC 6455 §4.1
 * tells it to.
 */
export function attack(
  port: number,
  { handshake, messages }: Conversation,
  isPatient: boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error('The server kept a connection that had said goodbye'));
    }, DEADLINE_MS);
    socket.on('error', () => {});
    socket.resume();
    socket.on('close', () => {
      clearTimeout(deadline);
      resolve();
    });
    const frames = messages.map(bytesOf);
    if (handshake) frames.unshift(clientFrame(0x81, handshakePacket(handshake)));
    const talk = () => {
      socket.write(Buffer.concat(frames));
      // A message cut short swallows the farewell; the end of the stream says it again.
      socket.end(FAREWELL);
    };
    socket.write(upgradeRequest);
    if (isPatient) socket.once('data', talk);
    else talk();
  });
}

function handshakePacket(data: object): Buffer {
  return Buffer.from(JSON.stringify({ event: '#handshake', data, cid: 1 }));
}
