import { expectTypeOf } from 'vitest';
import { type AGServerSocket, listen } from '../src/index.js';

interface ChatApi {
  procedures: { login(data: { name: string }): { id: string }; ping(): void };
  receivers: { typing: { room: string } };
  clientProcedures: { confirm(question: string): boolean };
  clientReceivers: { notice: string };
  channels: { [room: `room:${string}`]: { text: string }; lobby: string };
  authToken: { name: string };
}

export async function typed(): Promise<void> {
  const server = listen<ChatApi>(0);
  for await (const { socket, id, isAuthenticated } of server.listener('connection')) {
    expectTypeOf(id).toEqualTypeOf<string>();
    expectTypeOf(isAuthenticated).toEqualTypeOf<boolean>();
    expectTypeOf(socket).toEqualTypeOf<AGServerSocket<ChatApi>>();
    expectTypeOf(socket.authToken?.name).toEqualTypeOf<string | undefined>();

    for await (const request of socket.procedure('login')) {
      expectTypeOf(request.data).toEqualTypeOf<{ name: string }>();
      request.end({ id: '1' });
      // @ts-expect-error the result type is checked
      request.end({ id: 1 });
    }
    // @ts-expect-error no such procedure
    socket.procedure('logout');
    for await (const data of socket.receiver('typing')) {
      expectTypeOf(data).toEqualTypeOf<{ room: string }>();
    }
    expectTypeOf(await socket.invoke('confirm', 'sure?')).toEqualTypeOf<boolean>();
    // @ts-expect-error the data type is checked
    socket.invoke('confirm', 1);
    socket.transmit('notice', 'text');
    // @ts-expect-error no such receiver
    socket.transmit('other', 'text');
    socket.setAuthToken({ name: 'ann' }, { expiresIn: '1h' });
    // @ts-expect-error the token's type is checked
    socket.setAuthToken({ nome: 'ann' });
    for await (const { code } of socket.listener('disconnect')) {
      expectTypeOf(code).toEqualTypeOf<number>();
    }
  }

  server.handle('login', async ({ name }, { socket, signal }) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(socket).toEqualTypeOf<AGServerSocket<ChatApi>>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return { id: name };
  });
  // @ts-expect-error the result type is checked
  server.handle('login', () => 5);
  server.handleTransmit('typing', ({ room }) => {
    expectTypeOf(room).toEqualTypeOf<string>();
  });

  server.setMiddleware('inbound', async (stream) => {
    for await (const action of stream) {
      if (action.type === 'subscribe')
        expectTypeOf(action.channel).toEqualTypeOf<`room:${string}` | 'lobby'>();
      if (action.type === 'transmit') expectTypeOf(action.data).toEqualTypeOf<{ room: string }>();
      if (action.type === 'authenticate')
        expectTypeOf(action.authToken.name).toEqualTypeOf<string>();
      // @ts-expect-error not an action of this line
      if (action.type === 'publishOut') action.allow();
      action.allow();
    }
  });

  server.exchange.transmitPublish('lobby', 'text');
  // @ts-expect-error the payload type is checked
  server.exchange.transmitPublish('room:1', 'text');
  for await (const message of server.exchange.subscribe('room:1')) {
    expectTypeOf(message).toEqualTypeOf<{ text: string }>();
  }
}

export async function untyped(): Promise<void> {
  const server = listen(0);
  for await (const { socket } of server.listener('connection')) {
    for await (const request of socket.procedure('anything')) {
      expectTypeOf(request.data).toBeAny();
      request.end(1);
    }
    socket.transmit('x');
    socket.transmit('x', 1);
    expectTypeOf(await socket.invoke('y', {}, { ackTimeout: 5 })).toBeAny();
    socket.setAuthToken({ anything: 1 });
  }
  server.exchange.transmitPublish('c', 1);
  server.handle('p', (data) => data);
}
