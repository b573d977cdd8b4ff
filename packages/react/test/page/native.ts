// Runs in a realm with what React Native gives to Hermes, and no more: see react-native.test.ts.
import { create } from '@asyngular/client';
import { createElement, StrictMode } from 'react';
// @ts-expect-error: it has no types
import { create as render } from 'react-test-renderer';
import { createHooks } from '../../src/index.js';

const { SocketProvider, useMessages, usePresence } = createHooks();

export const socket = create({ hostname: 'localhost', port: 8000 });

/** What the last rendering has shown. */
export let shown: unknown;

export const control: { publish?: (data: unknown) => Promise<unknown>; unmount?: () => void } = {};

function Room() {
  const { messages, status, publish } = useMessages('room');
  const { error } = usePresence('room');
  control.publish = publish;
  shown = { status, texts: messages.map(({ data }) => data), isUnseen: error !== null };
  return null;
}

export function start(): void {
  const page = createElement(SocketProvider, { socket }, createElement(Room));
  const root = render(createElement(StrictMode, null, page));
  control.unmount = () => root.unmount();
}
