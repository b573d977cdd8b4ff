import { create } from '@asyngular/client';

const socket = create({ hostname: '127.0.0.1', port: process.argv[2] ?? 8000 });
const news = socket.subscribe('news');
if (!news.isSubscribed()) await news.listener('subscribe').once(5_000);

const greeting = await socket.invoke('greet', 'Ada');
const next = news.once(5_000);
socket.transmit('say', 'Ada is here');
console.log(JSON.stringify({ greeting, news: await next }));
socket.disconnect();
