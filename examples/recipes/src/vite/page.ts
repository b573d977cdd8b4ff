import { create } from '@asyngular/client';

// Host and port are the page's own.
const socket = create();
const greeting = document.querySelector('#greeting')!;
greeting.textContent = await socket.invoke('greet', 'Vite');
for await (const item of socket.subscribe('news')) greeting.textContent = item;
